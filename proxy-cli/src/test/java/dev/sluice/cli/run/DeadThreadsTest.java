package dev.sluice.cli.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.cli.common.Exit;
import dev.sluice.cli.log.Messages;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class DeadThreadsTest {
    private final List<Integer> halts = new ArrayList<>();

    private void dies(String thread, OutputStream stderr) {
        IllegalStateException error = new IllegalStateException("two\nlines");
        error.setStackTrace(new StackTraceElement[] {new StackTraceElement("A", "b", "A.java", 1)});
        try (Messages messages = new Messages(stderr)) {
            new DeadThreads(messages, Map.of(), halts::add).uncaughtException(new Thread(thread), error);
        }
    }

    @Test
    void aLoopTakesTheProcessWithIt() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        dies("sluice-loop-0", err);
        assertEquals(List.of(Exit.FAILED), halts);
        assertEquals(
                "sluice: sluice-loop-0 died: internal error: java.lang.IllegalStateException: two\\x0alines"
                        + " at A.b(A.java:1)\n",
                err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void evenIfNobodyReadsWhatItSays() throws Exception {
        try (PipedOutputStream full = new PipedOutputStream();
                PipedInputStream reader = new PipedInputStream(full, 1)) {
            dies("sluice-loop-0", full);
            assertEquals(List.of(Exit.FAILED), halts);
            assertEquals(1, reader.available());
        }
    }

    @Test
    void anotherThreadIsToldOf() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        dies("other", err);
        assertEquals(List.of(), halts);
        assertEquals(1, err.toString(StandardCharsets.UTF_8).lines().count());
    }
}
