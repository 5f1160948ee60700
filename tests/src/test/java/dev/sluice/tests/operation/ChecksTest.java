package dev.sluice.tests.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.tests.testkit.Addresses;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Checks of a file, and the servers that they are for: what is said when these start and stop. */
@Timeout(90)
class ChecksTest {
    private static final String USER = "sluice";

    @TempDir
    private Path folder;

    private final InetSocketAddress address = new InetSocketAddress("127.0.0.2", Machine.freePort());

    /** Starts a server, which is stopped by closing. */
    @FunctionalInterface
    private interface Server {
        AutoCloseable start() throws Exception;
    }

    @BeforeEach
    void give() throws Exception {
        Machine.forUnprivileged(folder);
    }

    @Test
    void postgresql() throws Exception {
        comesAndGoes("check: postgres", () -> PostgresNode.primary(folder, address.getHostString(), address.getPort()));
    }

    @Test
    void redis() throws Exception {
        comesAndGoes("check: redis", () -> Redis.start(folder, address));
    }

    @Test
    void mariadb() throws Exception {
        comesAndGoes("check: mysql, user: " + USER, () -> MariaDb.start(folder, address, USER));
    }

    private void comesAndGoes(String check, Server server) throws Exception {
        Path file = Files.writeString(folder.resolve("sluice.yaml"), """
                threads: 1
                listeners: [{name: db, bind: "127.0.0.1:0", upstream: db}]
                upstreams:
                  - name: db
                    endpoints: ["%s"]
                    health: {%s, interval: 100ms, timeout: 5s, rise: 2, fall: 2}
                """.formatted(Addresses.text(address), check));
        try (SluiceProcess sluice = SluiceProcess.run("-c", file.toString())) {
            awaitStates(sluice, "down");
            AutoCloseable running = server.start();
            try {
                awaitStates(sluice, "down", "up");
            } finally {
                running.close();
            }
            awaitStates(sluice, "down", "up", "down");
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
    }

    /** Waits until the endpoint has been told to be this, one after the other, and nothing else. */
    private void awaitStates(SluiceProcess sluice, String... states) throws Exception {
        List<String> expected = List.of(states);
        try {
            Eventually.holds(expected.toString(), () -> expected.equals(told(sluice)));
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + ": " + sluice, e);
        }
    }

    private List<String> told(SluiceProcess sluice) {
        String begin = "sluice: endpoint db/" + Addresses.text(address) + " is ";
        return sluice.stderr().stream()
                .filter(line -> line.startsWith(begin))
                .map(line -> line.substring(begin.length(), line.indexOf(' ', begin.length())))
                .toList();
    }
}
