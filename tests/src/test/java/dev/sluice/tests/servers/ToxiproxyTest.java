package dev.sluice.tests.servers;

import static eu.rekawek.toxiproxy.model.ToxicDirection.DOWNSTREAM;
import static eu.rekawek.toxiproxy.model.ToxicDirection.UPSTREAM;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Daemon;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Payload;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Relays;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import eu.rekawek.toxiproxy.Proxy;
import eu.rekawek.toxiproxy.ToxiproxyClient;
import eu.rekawek.toxiproxy.model.ToxicDirection;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Bad networks between the proxy and the server: what arrives is exact, and what is cut short does not end as if it were whole.
 *
 * <p>Toxiproxy closes both directions when one ends, so that no test here ends one of its own before it has all of the other.
 */
@Timeout(60)
class ToxiproxyTest {
    private static final String INSTALL = "go install github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0";
    private static final byte[] DATA = Payload.bytes(7, 1 << 20);

    @TempDir
    private static Path folder;

    private static ToxiproxyClient toxiproxy;
    private static @Nullable Daemon server;

    private @Nullable Proxy bad;

    @BeforeAll
    static void startServer() throws Exception {
        Optional<Path> program = findServer();
        assumeTrue(
                program.isPresent(),
                "needs toxiproxy-server (./verify builds it where there is Go; else " + INSTALL + ")");
        int port = Machine.freePort();
        server = Daemon.start(
                folder,
                port,
                List.of(program.orElseThrow().toString(), "-host", "127.0.0.1", "-port", Integer.toString(port)));
        toxiproxy = new ToxiproxyClient("127.0.0.1", port);
    }

    /** Packages call it toxiproxy-server; Go calls it as its folder, which is just `server`. ./verify builds one into the tree. */
    private static Optional<Path> findServer() throws IOException, InterruptedException {
        String home = System.getProperty("user.home");
        List<Path> candidates = new ArrayList<>();
        Machine.find("toxiproxy-server").ifPresent(candidates::add);
        Stream.of(
                        SluiceProcess.HOME.resolve("target/tools").toString(),
                        System.getenv("GOBIN"),
                        System.getenv().getOrDefault("GOPATH", home + "/go") + "/bin")
                .filter(name -> name != null && !name.isEmpty())
                .map(name -> Path.of(name, "server"))
                .filter(Files::isExecutable)
                .forEach(candidates::add);
        for (Path candidate : candidates) {
            Process version = new ProcessBuilder(candidate.toString(), "-version").start();
            version.getOutputStream().close();
            if (version.waitFor(10, TimeUnit.SECONDS)
                    && new String(version.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                            .startsWith("toxiproxy-server")) {
                return Optional.of(candidate);
            }
            version.destroyForcibly();
        }
        return Optional.empty();
    }

    @AfterAll
    static void stopServer() {
        if (server != null) {
            server.close();
        }
    }

    @AfterEach
    void deleteProxy() throws IOException {
        if (bad != null) {
            bad.delete();
        }
    }

    private Proxy badWayTo(Backend backend) throws IOException {
        Proxy proxy = toxiproxy.createProxy("bad", "127.0.0.1:0", backend.address());
        bad = proxy;
        return proxy;
    }

    private static SluiceProcess before(Proxy bad, Relay relay, String... more) {
        List<String> flags =
                new ArrayList<>(List.of("--listen", "127.0.0.1:0", "--to", bad.getListen(), "--relay", relay.word()));
        flags.addAll(Arrays.asList(more));
        return SluiceProcess.run(flags.toArray(String[]::new));
    }

    @Relays
    void latency(Relay relay) throws Exception {
        try (Backend echo = Backend.echo()) {
            Proxy way = badWayTo(echo);
            way.toxics().latency("there", UPSTREAM, 40).setJitter(30);
            way.toxics().latency("back", DOWNSTREAM, 40).setJitter(30);
            try (SluiceProcess sluice = before(way, relay)) {
                long start = System.nanoTime();
                echoOnManyConnections(sluice, 8, DATA);
                // What would be there without the toxics is a few milliseconds.
                assertTrue(System.nanoTime() - start > 20_000_000);
            }
        }
    }

    @Relays
    void littleBandwidth(Relay relay) throws Exception {
        try (Backend echo = Backend.echo()) {
            Proxy way = badWayTo(echo);
            way.toxics().bandwidth("there", UPSTREAM, 2000);
            way.toxics().bandwidth("back", DOWNSTREAM, 1500);
            try (SluiceProcess sluice = before(way, relay)) {
                long start = System.nanoTime();
                echoOnManyConnections(sluice, 4, DATA);
                assertTrue(System.nanoTime() - start > 500_000_000);
            }
        }
    }

    @Relays
    void tinySlices(Relay relay) throws Exception {
        try (Backend echo = Backend.echo()) {
            Proxy way = badWayTo(echo);
            way.toxics().slicer("there", UPSTREAM, 1, 0);
            way.toxics().slicer("back", DOWNSTREAM, 20, 10).setSizeVariation(10);
            try (SluiceProcess sluice = before(way, relay)) {
                echoOnManyConnections(sluice, 4, Arrays.copyOf(DATA, 50_000));
            }
        }
    }

    private static void echoOnManyConnections(SluiceProcess sluice, int connections, byte[] data) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<byte[]>> echoes = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                echoes.add(threads.submit(() -> {
                    try (Socket socket = TestClient.connect(sluice.port())) {
                        return TestClient.echo(socket, data);
                    }
                }));
            }
            for (Future<byte[]> echo : echoes) {
                assertArrayEquals(data, echo.get(40, TimeUnit.SECONDS));
            }
        }
        for (AccessLine line : sluice.awaitLog(0, connections)) {
            assertEquals(data.length, line.up(), line.text());
            assertEquals(data.length, line.down(), line.text());
        }
    }

    @Relays
    void anEndThatComesLate(Relay relay) throws Exception {
        try (Backend source = Backend.source(DATA)) {
            Proxy way = badWayTo(source);
            way.toxics().slowClose("late", DOWNSTREAM, 700);
            try (SluiceProcess sluice = before(way, relay)) {
                long start = System.nanoTime();
                TestClient.Received received = receive(sluice);
                assertTrue(received.clean());
                assertArrayEquals(DATA, received.bytes());
                assertTrue(System.nanoTime() - start > 600_000_000);
                assertEquals("upstream fin", sluice.awaitLog(0, 1).getFirst().end());
            }
        }
    }

    /** What someone gets who only listens, and hangs up at the end. */
    private static TestClient.Received receive(SluiceProcess sluice) throws IOException {
        try (Socket socket = TestClient.connect(sluice.port())) {
            return TestClient.receive(socket);
        }
    }

    @Relays
    void aResetIsSeenAsOne(Relay relay) throws Exception {
        for (ToxicDirection direction : ToxicDirection.values()) {
            try (Backend echo = Backend.echo()) {
                Proxy way = badWayTo(echo);
                way.toxics().resetPeer("reset", direction, 100);
                try (SluiceProcess sluice = before(way, relay);
                        Socket socket = TestClient.connect(sluice.port())) {
                    socket.getOutputStream().write(DATA, 0, 1000);
                    TestClient.Received received = TestClient.receive(socket);
                    assertFalse(received.clean(), () -> "an end of stream instead of a reset, " + direction);
                    assertEquals(0, received.bytes().length);
                    AccessLine line = sluice.awaitLog(0, 1).getFirst();
                    assertEquals("upstream reset", line.end());
                    assertEquals("ECONNRESET", line.error());
                }
            }
            deleteProxy();
            bad = null;
        }
    }

    @Relays
    void aStreamCutShortByTheServersSideIsThatLongAndNotLonger(Relay relay) throws Exception {
        int limit = 300_000;
        try (Backend source = Backend.source(DATA)) {
            Proxy way = badWayTo(source);
            way.toxics().limitData("limit", DOWNSTREAM, limit);
            try (SluiceProcess sluice = before(way, relay)) {
                TestClient.Received received = receive(sluice);
                // Toxiproxy ends it in order, so the proxy does as well, behind the last byte that it was given.
                assertTrue(received.clean());
                assertArrayEquals(Arrays.copyOf(DATA, limit), received.bytes());
                assertEquals(limit, sluice.awaitLog(0, 1).getFirst().down());
            }
        }
    }

    @Relays
    void aConnectionThatGoesDeadIsCutWithAReset(Relay relay) throws Exception {
        try (Backend echo = Backend.echo()) {
            Proxy way = badWayTo(echo);
            way.toxics().timeout("dead", DOWNSTREAM, 0);
            try (SluiceProcess sluice = before(way, relay, "--idle-timeout", "500ms");
                    Socket socket = TestClient.connect(sluice.port())) {
                socket.getOutputStream().write(DATA, 0, 1000);
                TestClient.Received received = TestClient.receive(socket);
                assertFalse(received.clean());
                assertEquals(0, received.bytes().length);
                assertEquals("proxy idle", sluice.awaitLog(0, 1).getFirst().end());
            }
        }
    }

    @Relays
    void aDeadConnectionThatIsClosedInTheEnd(Relay relay) throws Exception {
        try (Backend source = Backend.source(DATA)) {
            Proxy way = badWayTo(source);
            way.toxics().timeout("dead", DOWNSTREAM, 300);
            try (SluiceProcess sluice = before(way, relay)) {
                assertEquals(0, receive(sluice).bytes().length);
                assertEquals(0, sluice.awaitLog(0, 1).getFirst().down());
            }
        }
    }

    @Relays
    void aServerThatGoesAwayAndComesBack(Relay relay) throws Exception {
        try (Backend echo = Backend.echo()) {
            Proxy way = badWayTo(echo);
            try (SluiceProcess sluice = before(way, relay, "--connect-timeout", "2s")) {
                try (Socket socket = TestClient.connect(sluice.port())) {
                    assertArrayEquals(DATA, TestClient.echo(socket, DATA));
                    way.disable();
                    assertEquals(0, TestClient.receive(socket).bytes().length);
                }
                try (Socket socket = TestClient.connect(sluice.port())) {
                    assertFalse(TestClient.receive(socket).clean());
                }
                List<String> causes =
                        sluice.awaitLog(0, 2).stream().map(AccessLine::end).toList();
                assertTrue(causes.contains("upstream connect-failed"), causes::toString);
                way.enable();
                try (Socket socket = TestClient.connect(sluice.port())) {
                    assertArrayEquals(DATA, TestClient.echo(socket, DATA));
                }
            }
        }
    }
}
