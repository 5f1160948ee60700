package dev.sluice.cli.ask.top;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class KeyTest {
    /** The keys in what a terminal sends, all of it at once. */
    private static List<String> keys(String sent) throws IOException {
        Queue<Integer> rest = new ArrayDeque<>();
        sent.chars().forEach(rest::add);
        List<String> keys = new ArrayList<>();
        while (!rest.isEmpty()) {
            keys.add(Key.of(rest.remove(), timeout -> rest.isEmpty() ? -2 : rest.remove())
                    .name());
        }
        return keys;
    }

    @Test
    void asTerminalsSendThem() throws IOException {
        assertEquals(List.of("q", "?", "D", "tab", "control l"), keys("q?D\t\f"));
        assertEquals(List.of("up", "down", "right", "left"), keys("\033[A\033[B\033[C\033[D"));
        assertEquals(List.of("up", "down", "right", "left"), keys("\033OA\033OB\033OC\033OD"));
        assertEquals(List.of("back tab", "page up", "page down"), keys("\033[Z\033[5~\033[6~"));
        assertEquals(List.of("home", "end", "home", "end"), keys("\033[H\033OF\033[1~\033[4~"));
        assertEquals(List.of("up", "x"), keys("\033[1;5Ax")); // with Control
        assertEquals(List.of("other", "q"), keys("\033[15~q"));
        assertEquals(List.of("other", "q"), keys("\033xq")); // with Alt
        assertEquals(List.of("escape"), keys("\033"));
        assertEquals(List.of("other"), keys("\033["));
        assertEquals(List.of("other", "other", "other"), keys("\0\r\177"));
    }

    /** Neither what is pasted nor what is broken is waited for without end. */
    @Test
    void aSequenceHasAnEnd() throws IOException {
        List<String> keys = keys("\033[" + "1;".repeat(100) + "A");
        assertEquals("other", keys.getFirst());
        assertEquals("A", keys.getLast());
    }
}
