package dev.sluice.cli.progress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ProgressTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream stderr = new PrintStream(bytes, false, StandardCharsets.UTF_8);

    private String written() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void onATerminalItIsOneLineAndGoesAway() {
        Progress progress = new Progress(stderr, 100, 100000, Progress.TIME);
        progress.step("one", Duration.ofSeconds(25));
        progress.step("an\u001bother", Duration.ofSeconds(25));
        progress.close();
        assertTrue(progress.isShown());
        String last = written().split("\r", -1)[written().split("\r", -1).length - 2];
        assertTrue(last.contains(" 25% [====="), last);
        assertTrue(last.contains("25/100 s"), last);
        assertTrue(last.contains("an\\x1bother"), last);
        assertTrue(written().endsWith("\r\033[K"), "cleared");
        assertFalse(written().contains("\n"), "one line");
        for (String line : written().split("\r", -1)) {
            assertTrue(line.replace("\033[K", "").length() < 100, line);
        }
    }

    @Test
    void thereMayBeMoreToDo() {
        Progress progress = new Progress(stderr, 60, 100000, Progress.TIME);
        progress.step("a", Duration.ofSeconds(50));
        progress.more(Duration.ofSeconds(100));
        progress.step("b", Duration.ofSeconds(50));
        progress.close();
        assertTrue(written().contains(" 25% ["), written());
    }

    @Test
    void stepsThatAreAlike() {
        Progress progress = new Progress(stderr, 60, 4, Progress.STEPS);
        progress.step("a");
        progress.step("b");
        progress.close();
        assertTrue(written().contains(" 25% [") && written().contains("1/4 "), written());
    }

    @Test
    void anInterruptStays() {
        Progress progress = new Progress(stderr, 60, 1000, Progress.TIME);
        Thread.currentThread().interrupt();
        progress.close();
        assertTrue(Thread.interrupted());
        assertTrue(written().endsWith("\r\033[K"), "it was waited for all the same");
    }

    @Test
    void elsewhereItSaysNothing() {
        Progress progress = new Progress(stderr, 0, 1000, Progress.TIME);
        progress.step("one", Duration.ofSeconds(1));
        progress.more(Duration.ofSeconds(1));
        progress.close();
        assertFalse(progress.isShown());
        assertEquals("", written());
    }

    @Test
    void widths() {
        assertTrue(Terminal.isTerminal("/dev/pts/3"));
        assertTrue(Terminal.isTerminal("/dev/tty1"));
        assertFalse(Terminal.isTerminal("pipe:[5]"));
        assertFalse(Terminal.isTerminal("/dev/null"));
        assertEquals(132, Terminal.columns("43 132\n"));
        assertEquals(80, Terminal.columns("0 0\n"), "it does not know");
        assertEquals(80, Terminal.columns(""));
        assertEquals(80, Terminal.columns("a b"));
    }
}
