package dev.sluice.tests.life;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Both streams go into one pipe that nobody reads, as when a collector of logs hangs: stopping does not wait for it. */
@Timeout(60)
class StuckReaderTest {
    /** Far more lines of the access log than a pipe of 64 KiB takes. */
    private static final int SESSIONS = 800;

    private static final Duration SOON = Duration.ofSeconds(10);

    @TempDir
    private Path folder;

    private final int port = Machine.freePort();

    /** Held open at both ends by the test, which never reads. */
    private RandomAccessFile pipe() throws IOException, InterruptedException {
        assertEquals(0, new ProcessBuilder("mkfifo", fifo()).start().waitFor());
        return new RandomAccessFile(fifo(), "rw");
    }

    private String fifo() {
        return folder.resolve("fifo").toString();
    }

    private SluiceProcess start(Backend backend, String drainTimeout) throws Exception {
        SluiceProcess sluice = SluiceProcess.startUnder(
                List.of("sh", "-c", "exec \"$@\" > '" + fifo() + "' 2>&1", "sh"),
                Map.of(),
                "run",
                "--listen",
                "127.0.0.1:" + port,
                "--to",
                backend.address(),
                "--drain-timeout",
                drainTimeout);
        Eventually.holds("it accepts", () -> !isRefused());
        return sluice;
    }

    private boolean isRefused() throws IOException {
        try {
            TestClient.connect(port).close();
            return false;
        } catch (ConnectException e) {
            return true;
        }
    }

    /** With lines of the access log; and then to the last byte, since a short line may fit where a long one did not. */
    private void fill() throws IOException, InterruptedException {
        for (int i = 0; i < SESSIONS; i++) {
            try (Socket socket = TestClient.connect(port)) {
                socket.shutdownOutput();
                assertTrue(TestClient.receive(socket).clean());
            }
        }
        Process dd = new ProcessBuilder("dd", "if=/dev/zero", "of=" + fifo(), "bs=1", "oflag=nonblock")
                .redirectErrorStream(true)
                .start();
        String said = new String(dd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(1, dd.waitFor(), said); // EAGAIN
    }

    @Test
    void theFirstSignalDrains() throws Exception {
        try (Backend echo = Backend.echo();
                RandomAccessFile pipe = pipe();
                SluiceProcess sluice = start(echo, "30s")) {
            assertTrue(pipe.getFD().valid());
            fill();
            sluice.signal("TERM");
            Eventually.holds("it refuses connections", SOON, this::isRefused);
            assertEquals(0, exitCode(sluice));
        }
    }

    @Test
    void whatIsLeftIsCutWhenTheDrainTimeIsOver() throws Exception {
        try (Backend echo = Backend.echo();
                RandomAccessFile pipe = pipe();
                SluiceProcess sluice = start(echo, "500ms")) {
            assertTrue(pipe.getFD().valid());
            fill();
            try (Socket socket = TestClient.connect(port)) {
                assertArrayEquals(new byte[1], TestClient.echo(socket, new byte[1]));
                sluice.signal("TERM");
                Eventually.holds("it refuses connections", SOON, this::isRefused);
                assertFalse(TestClient.receive(socket).clean());
                assertEquals(0, exitCode(sluice));
            }
        }
    }

    @Test
    void theSecondSignalEndsIt() throws Exception {
        try (Backend echo = Backend.echo();
                RandomAccessFile pipe = pipe();
                SluiceProcess sluice = start(echo, "30s")) {
            assertTrue(pipe.getFD().valid());
            fill();
            try (Socket socket = TestClient.connect(port)) {
                assertArrayEquals(new byte[1], TestClient.echo(socket, new byte[1]));
                sluice.signal("TERM");
                Eventually.holds("it refuses connections", SOON, this::isRefused);
                sluice.signal("TERM");
                assertFalse(TestClient.receive(socket).clean());
                assertEquals(1, exitCode(sluice));
            }
        }
    }

    /** Waits for the logs for two seconds at most, and for the messages for one. */
    private static int exitCode(SluiceProcess sluice) {
        long start = System.nanoTime();
        int code = sluice.awaitExit();
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
        assertTrue(seconds < 10, () -> "took " + seconds + " s: " + sluice);
        return code;
    }
}
