package dev.sluice.tests.life;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of the sessions of an endpoint that a reload leaves out. */
@Timeout(60)
class RemovedEndpointTest {
    private static final int SESSIONS = 20;
    private static final byte[] WORD = "word".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    private Path folder;

    private final Backend one = Backend.echo();
    private final Backend two = Backend.echo();

    @AfterEach
    void stop() {
        one.close();
        two.close();
    }

    private Path write(String policy, Backend... endpoints) throws IOException {
        List<String> addresses = new ArrayList<>();
        for (Backend endpoint : endpoints) {
            addresses.add('"' + endpoint.address() + '"');
        }
        return Files.writeString(folder.resolve("sluice.yaml"), """
                drain-timeout: 1s
                listeners:
                  - {name: front, bind: "127.0.0.1:0", upstream: back}
                upstreams:
                  - {name: back, %s, endpoints: %s}
                """.formatted(policy, addresses));
    }

    private static void reload(SluiceProcess sluice) throws Exception {
        long before = reloads(sluice);
        sluice.signal("HUP");
        Eventually.holds("a reload", () -> reloads(sluice) > before);
    }

    private static long reloads(SluiceProcess sluice) {
        return sluice.stderr().stream()
                .filter(line -> line.startsWith("sluice: reloaded "))
                .count();
    }

    private List<Socket> connect(SluiceProcess sluice) throws IOException {
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < SESSIONS; i++) {
            Socket socket = TestClient.connect(sluice.port());
            sockets.add(socket);
            assertArrayEquals(WORD, TestClient.echo(socket, WORD));
        }
        return sockets;
    }

    private static void close(List<Socket> sockets) throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private void assertAllCut(SluiceProcess sluice, List<Socket> sockets) throws IOException {
        for (Socket socket : sockets) {
            assertFalse(TestClient.receive(socket).clean(), "a clean end");
        }
        for (AccessLine line : sluice.awaitLog(0, SESSIONS)) {
            assertEquals("proxy drain", line.end(), line::text);
        }
        assertEquals(0, one.connections());
    }

    @ParameterizedTest
    @CsvSource({"on-remove: close, 0", "on-remove: drain, 1000", "slow-start: 0, 1000"})
    void theyEnd(String policy, long leastMillis) throws Exception {
        try (SluiceProcess sluice = SluiceProcess.run("-c", write(policy, one).toString())) {
            List<Socket> sockets = connect(sluice);
            long begin = System.nanoTime();
            write(policy, two);
            reload(sluice);
            if (leastMillis > 0) {
                assertArrayEquals(WORD, TestClient.echo(sockets.getFirst(), WORD));
            }
            assertAllCut(sluice, sockets);
            assertTrue((System.nanoTime() - begin) / 1_000_000 >= leastMillis);
            close(sockets);
            close(connect(sluice));
            assertEquals(SESSIONS, two.accepted());
        }
    }

    @Test
    void theyAreKept() throws Exception {
        try (SluiceProcess sluice =
                SluiceProcess.run("-c", write("on-remove: keep", one).toString())) {
            List<Socket> sockets = connect(sluice);
            write("on-remove: keep", two);
            reload(sluice);
            Thread.sleep(1500);
            for (Socket socket : sockets) {
                assertArrayEquals(WORD, TestClient.echo(socket, WORD));
            }
            close(sockets);
        }
    }

    @Test
    void oneThatComesBackKeepsThem() throws Exception {
        try (SluiceProcess sluice =
                SluiceProcess.run("-c", write("on-remove: drain", one).toString())) {
            List<Socket> sockets = connect(sluice);
            write("on-remove: drain", two);
            reload(sluice);
            write("on-remove: drain", one, two);
            reload(sluice);
            Thread.sleep(1500);
            for (Socket socket : sockets) {
                assertArrayEquals(WORD, TestClient.echo(socket, WORD));
            }
            close(sockets);
        }
    }
}
