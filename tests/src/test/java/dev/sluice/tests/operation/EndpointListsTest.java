package dev.sluice.tests.operation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Daemon;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Payload;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import dev.sluice.tests.testkit.Workers;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Endpoints by a service in DNS and by a file, which change and break under load: no connection is lost, whatever becomes of the list. */
@Timeout(120)
class EndpointListsTest {
    private static final int CLIENTS = 4;
    private static final int CHANGES = 6;
    private static final String HOSTS = "127.0.0.1 db1.example\n127.0.0.1 db2.example\n";
    private static final String SERVICE = "_pg._tcp.example";

    @TempDir
    private Path folder;

    private final Backend one = Backend.named("one");
    private final Backend two = Backend.named("two");
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicInteger served = new AtomicInteger();

    @AfterEach
    void stop() {
        one.close();
        two.close();
    }

    private SluiceProcess run(String endpoints, String more) throws IOException {
        Path file = Files.writeString(folder.resolve("sluice.yaml"), """
                threads: 2
                drain-timeout: 1s
                listeners: [{name: front, bind: "127.0.0.1:0", upstream: back}]
                upstreams:
                  - name: back
                    on-remove: keep
                    endpoints: [%s]
                %s
                """.formatted(endpoints, more));
        return SluiceProcess.run("-c", file.toString());
    }

    private static String greeting(int port) throws IOException {
        try (Socket socket = TestClient.connect(port)) {
            TestClient.Received received = TestClient.receive(socket);
            assertTrue(received.clean(), "a reset instead of an end of stream");
            return new String(received.bytes(), StandardCharsets.UTF_8);
        }
    }

    /** Clients that connect all the time, each of which must be served by one backend or the other. */
    private List<Future<?>> clients(Workers workers, int port) {
        List<Future<?>> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(workers.run(() -> {
                while (!over.get()) {
                    String greeting = greeting(port);
                    assertTrue(Set.of("one", "two").contains(greeting), greeting);
                    served.incrementAndGet();
                }
            }));
        }
        return clients;
    }

    private static void awaitOnly(String name, int port) throws Exception {
        Eventually.holds("all connections at " + name, () -> {
            for (int i = 0; i < 10; i++) {
                if (!greeting(port).equals(name)) {
                    return false;
                }
            }
            return true;
        });
    }

    private static void awaitLine(SluiceProcess sluice, String start, String end) {
        sluice.awaitStderr(start, line -> line.startsWith("sluice: warning: " + start) && line.endsWith(end));
    }

    /** As people do: another file is renamed over it, or it is written in place. */
    private static void replace(Path file, String text, boolean inPlace) throws IOException {
        Path written = Files.writeString(inPlace ? file : file.resolveSibling("fresh"), text);
        if (!inPlace) {
            Files.move(written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    @Test
    void aFileThatChangesUnderLoad() throws Exception {
        Path list = folder.resolve("pg.endpoints");
        byte[] data = Payload.bytes(1, 4 << 20);
        try (Backend source = Backend.source(data);
                Workers workers = new Workers()) {
            Files.writeString(list, "# nothing but the stream\n" + source.address() + "\n");
            try (SluiceProcess sluice = run("{file: " + list + "}", "");
                    Socket stream = TestClient.connect(sluice.port())) {
                byte[] first = stream.getInputStream().readNBytes(1000);
                replace(list, one.address(), false);
                awaitOnly("one", sluice.port());
                List<Future<?>> clients = clients(workers, sluice.port());
                for (int i = 0; i < CHANGES; i++) {
                    Backend next = i % 2 == 0 ? two : one;
                    replace(list, next.address() + " weight=3\n", i % 3 == 0);
                    awaitOnly(i % 2 == 0 ? "two" : "one", sluice.port());
                }
                replace(list, two.address() + "\n" + one.address() + " wait=3\n", false);
                awaitLine(
                        sluice,
                        "upstream back: " + list + ":2:" + (one.address().length() + 2) + ": 'wait=3' is not expected",
                        "; it goes on with its last endpoints");
                awaitOnly("one", sluice.port());
                Files.delete(list);
                awaitLine(
                        sluice, "upstream back: " + list + ": does not exist", "; it goes on with its last endpoints");
                awaitOnly("one", sluice.port());
                replace(list, two.address() + "\n" + one.address() + " backup\n", false);
                awaitLine(sluice, "upstream back: " + list, " is read again");
                awaitOnly("two", sluice.port());
                over.set(true);
                Workers.awaitAll(clients, Duration.ofSeconds(30));
                TestClient.Received rest = TestClient.receive(stream);
                assertTrue(rest.clean());
                assertArrayEquals(Arrays.copyOfRange(data, first.length, data.length), rest.bytes());
                assertEquals(0, sluice.terminate(), sluice::toString);
            }
        }
        assertTrue(served.get() > 20, "clients: " + served);
    }

    /** It starts with nobody, and those who come meanwhile are held. */
    @Test
    void aFileThatComesLater() throws Exception {
        Path list = folder.resolve("pg.endpoints");
        try (SluiceProcess sluice = run("{file: " + list + "}", "    when-down: {hold: 20s}");
                Workers workers = new Workers()) {
            awaitLine(sluice, "upstream back: " + list + ": does not exist", "; it has no endpoints for now");
            Future<String> held = workers.start(() -> greeting(sluice.port()));
            replace(list, "localhost:" + one.port() + "\n", false);
            assertEquals("one", Workers.await(held));
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
    }

    private static String record(String host, Backend backend, int priority) {
        return SERVICE + "," + host + ".example," + backend.port() + "," + priority + ",5";
    }

    @Test
    void aServiceWhoseServersChangeAndWhoseNameServerDies() throws Exception {
        int dns = Machine.freePort();
        // Held, for a loop that does not know of the first endpoint yet would refuse.
        String more = """
                    resolve: {servers: ["127.0.0.1:%d"], min: 1s, max: 2s, timeout: 500ms}
                    when-down: {hold: 20s}
                """.formatted(dns);
        Machine.needs("dnsmasq", "dnsmasq-base");
        try (SluiceProcess sluice = run("{srv: " + SERVICE + "}", more);
                Workers workers = new Workers()) {
            awaitLine(
                    sluice,
                    "upstream back: " + SERVICE + ": the service does not resolve",
                    "; it has no endpoints for now");
            List<Future<?>> clients;
            try (Daemon server = Dnsmasq.start(folder, dns, HOSTS, record("db1", one, 10), record("db2", two, 20))) {
                awaitLine(sluice, "upstream back: " + SERVICE, " resolves again");
                awaitOnly("one", sluice.port()); // the other is a backup
                clients = clients(workers, sluice.port());
                assertTrue(server.isRunning());
            }
            awaitOnly("one", sluice.port());
            try (Daemon server = Dnsmasq.start(folder, dns, HOSTS, record("db2", two, 20))) {
                awaitOnly("two", sluice.port());
                assertTrue(server.isRunning());
            }
            awaitLine(
                    sluice,
                    "upstream back: " + SERVICE + ": the service does not resolve",
                    "; it goes on with its last endpoints");
            awaitOnly("two", sluice.port());
            over.set(true);
            Workers.awaitAll(clients, Duration.ofSeconds(30));
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
        assertTrue(served.get() > 20, "clients: " + served);
    }
}
