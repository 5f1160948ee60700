package dev.sluice.tests.life;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.FullBacklog;
import dev.sluice.tests.testkit.Payload;
import dev.sluice.tests.testkit.Repeats;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import dev.sluice.tests.testkit.Words;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** It ends by itself when nobody has needed it for some time: for jobs, whose sidecar nobody else ends. */
@Timeout(120)
class ExitWhenIdleTest {
    private static final byte[] DATA = Payload.bytes(11, 1 << 16);
    private static final String SHORT = "200ms";

    /** As long as nobody comes, nothing must happen; so long is enough to see it happen. */
    private static final long MUCH_LONGER_MILLIS = 1000;

    /** Long enough to stop the process before it is over, on a machine that is busy. */
    private static final long IDLE_MILLIS = 4000;

    private static final int RACES = Repeats.of("idle.races", 2);

    @TempDir
    private Path folder;

    private final Backend echo = Backend.echo();

    @AfterEach
    void stop() {
        echo.close();
    }

    private SluiceProcess run(String to, String... more) {
        String[] flags = {"--listen", "127.0.0.1:0", "--to", to, "--exit-when-idle", SHORT};
        return SluiceProcess.run(Words.of(flags, more));
    }

    private static void isServed(SluiceProcess sluice) throws IOException {
        try (Socket client = TestClient.connect(sluice.port())) {
            assertArrayEquals(DATA, TestClient.echo(client, DATA));
        }
    }

    private static void assertEndsIdle(SluiceProcess sluice) {
        assertEquals(0, sluice.awaitExit(), sluice::toString);
        List<String> lines = sluice.stderr();
        assertEquals("sluice: ends: no session for " + SHORT, lines.getLast());
        assertEquals(1, lines.stream().filter(line -> line.contains("ends: ")).count(), sluice::toString);
    }

    /** The first connection of a job may be late; and a session is none without traffic, but by its own timeouts. */
    @Test
    void afterTheLastSessionAndNotBeforeTheFirst() throws Exception {
        try (SluiceProcess sluice = run(echo.address())) {
            Thread.sleep(MUCH_LONGER_MILLIS);
            try (Socket first = TestClient.connect(sluice.port())) {
                isServed(sluice);
                Thread.sleep(MUCH_LONGER_MILLIS);
                assertArrayEquals(DATA, TestClient.echo(first, DATA));
                assertTrue(sluice.isRunning(), sluice::toString);
            }
            assertEndsIdle(sluice);
        }
    }

    /** One that is still being connected is there; when it has come to nothing, it was. */
    @Test
    void aConnectionThatWaitsCounts() throws Exception {
        try (FullBacklog silent = new FullBacklog();
                SluiceProcess sluice = run(silent.address(), "--connect-timeout", "1m")) {
            try (Socket waiting = TestClient.connect(sluice.port())) {
                waiting.setSoLinger(true, 0); // it leaves: an end of its stream alone would be none of it
                waiting.getOutputStream().write(1);
                Thread.sleep(MUCH_LONGER_MILLIS);
                assertTrue(sluice.isRunning(), sluice::toString);
            }
            assertEndsIdle(sluice);
        }
    }

    @Test
    void aReloadMaySetItAndUnsetIt() throws Exception {
        Path file = folder.resolve("sluice.yaml");
        String rest = """
                listeners: [{bind: "127.0.0.1:0", upstream: u}]
                upstreams: [{name: u, endpoints: ["%s"]}]
                """.formatted(echo.address());
        Files.writeString(file, "exit-when-idle: 1d\n" + rest);
        try (SluiceProcess sluice = SluiceProcess.run("-c", file.toString())) {
            isServed(sluice);
            sluice.awaitLog(0, 1);
            Files.writeString(file, rest);
            reload(sluice, 1);
            Files.writeString(file, "exit-when-idle: 100ms\n" + rest);
            sluice.signal("HUP");
            assertEquals(0, sluice.awaitExit(), sluice::toString);
            sluice.awaitStderr("why", line -> line.equals("sluice: ends: no session for 100ms"));
        }
    }

    private static void reload(SluiceProcess sluice, long times) throws Exception {
        sluice.signal("HUP");
        Eventually.holds(
                "reloaded",
                () -> sluice.stderr().stream()
                                .filter(line -> line.contains("reloaded "))
                                .count()
                        == times);
    }

    /**
     * The process stands still while its time runs out and somebody connects: when it goes on, the end and the connection are there at
     * once, and whichever is seen first, the client is served.
     */
    @Test
    void whoComesAtThatMomentIsServed() throws Exception {
        for (int i = 0; i < RACES; i++) {
            try (SluiceProcess sluice = SluiceProcess.run(
                    "--listen",
                    "127.0.0.1:0",
                    "--to",
                    echo.address(),
                    "--exit-when-idle",
                    IDLE_MILLIS + "ms",
                    "--threads",
                    i % 2 == 0 ? "2" : "1")) {
                isServed(sluice);
                sluice.pause();
                Thread.sleep(IDLE_MILLIS);
                try (Socket client = TestClient.connect(sluice.port())) {
                    sluice.goOn();
                    assertArrayEquals(DATA, TestClient.echo(client, DATA));
                    assertArrayEquals(DATA, TestClient.echo(client, DATA));
                }
                assertEquals(0, sluice.awaitExit(), sluice::toString);
                assertEquals("client fin", sluice.awaitLog(0, 2).get(1).end());
                sluice.awaitStderr("why it ended", line -> line.startsWith("sluice: ends: no session for "));
            }
        }
    }
}
