package dev.sluice.tests.life;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Descriptors;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.LongStream;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Processes;
import dev.sluice.tests.testkit.Repeats;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import dev.sluice.tests.testkit.Words;
import dev.sluice.tests.testkit.Workers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One process after the other on the same sockets, and clients who do not notice. */
@Timeout(240)
class TakeoverTest {
    private static final int TAKEOVERS = Repeats.of("takeovers", 20);
    private static final int CLIENTS = 6;
    private static final int MESSAGE = 64;
    /** What one JVM may have more than another that does the same. */
    private static final long MEMORY_SLACK = 24L << 20;

    @TempDir
    private Path folder;

    private Path socket = Path.of("");
    private Path unix = Path.of("");
    private int port;
    private Backend echo = Backend.echo();
    private final LongAdder served = new LongAdder();
    private final AtomicBoolean over = new AtomicBoolean();

    @BeforeEach
    void choose() {
        socket = folder.resolve("takeover");
        unix = folder.resolve("a.sock");
        port = Machine.freePort();
    }

    @AfterEach
    void stop() {
        echo.close();
    }

    private String[] flags(String... more) {
        String[] flags = {
            "--listen",
            "127.0.0.1:" + port,
            "--to",
            echo.address(),
            "--listen",
            "unix:" + unix,
            "--to",
            echo.address(),
            "--listen",
            "localhost:0",
            "--to",
            echo.address(),
            "--takeover-socket",
            socket.toString(),
            "--drain-timeout",
            "2m",
            "--threads",
            "2"
        };
        return Words.of(flags, more);
    }

    /** None is refused and none is reset, the stream is whole, and the last process is no larger than the first. */
    @Test
    void manyUnderLoad() throws Exception {
        try (Processes all = new Processes();
                Workers workers = new Workers()) {
            all.add(SluiceProcess.run(flags("--access-log", "off")));
            Descriptors first = all.first().descriptors();
            int chosen = portOf(all.first());
            Object file = Files.getAttribute(unix, "unix:ino");
            Future<Long> stream = workers.start(this::longStream);
            List<Future<?>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                boolean tcp = i % 3 != 0;
                clients.add(workers.run(() -> load(tcp)));
            }
            long memory = 0;
            for (int i = 0; i < TAKEOVERS; i++) {
                SluiceProcess next = SluiceProcess.run(flags("--access-log", "off", "--takeover"));
                all.add(next);
                assertTrue(next.stderr().getFirst().startsWith("sluice: took over 3 of 3"), next::toString);
                assertEquals(chosen, portOf(next), "the port that the kernel chose");
                assertEquals(file, Files.getAttribute(unix, "unix:ino"));
                awaitServed(200);
                if (i > 0) {
                    assertEquals(0, all.all().get(i).awaitExit(), all.all().get(i)::toString);
                }
                memory = i == 0 ? memoryOf(next) : memory;
            }
            over.set(true);
            Workers.awaitAll(clients, SluiceProcess.PATIENCE);
            SluiceProcess last = all.last();
            long grown = memoryOf(last) - memory;
            assertTrue(grown < MEMORY_SLACK, () -> "grown by " + grown + " bytes");
            assertTrue(Workers.await(stream) > 10L << 20, "a long stream");
            assertEquals(0, all.first().awaitExit(), all.first()::toString);
            Eventually.holds("as few descriptors as the first", () -> isAsFew(last.descriptors(), first));
            all.all()
                    .forEach(sluice ->
                            assertFalse(String.join("\n", sluice.stderr()).contains("warning"), sluice::toString));
            assertEquals(0, last.terminate());
        } finally {
            over.set(true);
        }
        assertFalse(Files.exists(unix));
        assertFalse(Files.exists(socket));
    }

    /** Without pipes, which are kept for reuse. */
    private static boolean isAsFew(Descriptors now, Descriptors then) {
        return now.sockets() == then.sockets() && now.total() - now.pipes() == then.total() - then.pipes();
    }

    private static int portOf(SluiceProcess sluice) {
        return ((InetSocketAddress) sluice.address(2)).getPort();
    }

    private static long memoryOf(SluiceProcess sluice) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + sluice.pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                .findFirst()
                .orElseThrow();
    }

    private void awaitServed(int more) throws Exception {
        long wanted = served.sum() + more;
        Eventually.holds(more + " more connections", () -> served.sum() >= wanted);
    }

    private void load(boolean tcp) throws Exception {
        byte[] message = new byte[MESSAGE];
        while (!over.get()) {
            if (tcp) {
                try (Socket client = TestClient.connect(port)) {
                    client.getOutputStream().write(message);
                    assertArrayEquals(message, client.getInputStream().readNBytes(MESSAGE));
                }
            } else {
                echoOverUnix(message);
            }
            served.increment();
            Thread.sleep(4);
        }
    }

    private void echoOverUnix(byte[] message) throws IOException {
        try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            client.connect(UnixDomainSocketAddress.of(unix));
            client.write(ByteBuffer.wrap(message));
            ByteBuffer in = ByteBuffer.allocate(message.length);
            while (in.hasRemaining()) {
                assertTrue(client.read(in) > 0, "an end instead of the echo");
            }
        }
    }

    private long longStream() throws Exception {
        try (Socket client = TestClient.connect(port)) {
            return LongStream.echo(client, over);
        }
    }

    /**
     * Killed when it is about to greet, and when it has the sockets, accepts on all loops and is about to confirm. Who was accepted by it
     * dies with it; nobody else.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aSuccessorThatIsKilledLeavesTheOldOneServing(int message) throws Exception {
        String strace = Machine.needs("strace", "strace").toString();
        try (SluiceProcess old = SluiceProcess.run(flags())) {
            Object file = Files.getAttribute(unix, "unix:ino");
            for (int i = 0; i < 3; i++) {
                List<String> wrapper = List.of(
                        strace,
                        "-D",
                        "-f",
                        "-qq",
                        "-o",
                        "/dev/null",
                        "-e",
                        "trace=sendmsg",
                        "-e",
                        "signal=none",
                        "-e",
                        "inject=sendmsg:signal=KILL:when=" + message);
                String[] words = Words.of("run", flags("--takeover"));
                try (SluiceProcess next = SluiceProcess.startUnder(wrapper, Map.of(), words)) {
                    assertTrue(next.awaitExit() > 1, next::toString);
                    assertEquals(List.of(), next.stderr());
                }
                for (int n = 0; n < 50; n++) {
                    try (Socket client = TestClient.connect(port)) {
                        client.getOutputStream().write(1);
                        assertEquals(1, client.getInputStream().read());
                    }
                    echoOverUnix(new byte[MESSAGE]);
                }
                assertEquals(file, Files.getAttribute(unix, "unix:ino"));
            }
            try (SluiceProcess next = SluiceProcess.run(flags("--takeover"))) {
                assertEquals(0, old.awaitExit(), old::toString);
                echoOverUnix(new byte[MESSAGE]);
                assertEquals(0, next.terminate());
            }
        }
    }

    /** It takes its sockets with it if it had not handed them on; what it leaves in the file system is in nobody's way. */
    @Test
    void afterAnOldOneThatIsKilledTheNextIsTheFirst() throws Exception {
        try (SluiceProcess old = SluiceProcess.run(flags())) {
            old.pause();
            String[] words = Words.of("run", flags("--takeover"));
            try (SluiceProcess next = SluiceProcess.start(Map.of(), words)) {
                Eventually.holds("it waits for an answer", () -> connectionsTo(socket) == 1);
                old.signal("KILL");
                old.awaitExit();
                assertEquals(1, next.awaitExit(), next::toString);
                assertTrue(next.stderr().getLast().contains("it has ended"), next::toString);
            }
        }
        try (SluiceProcess next = SluiceProcess.run(flags("--takeover"))) {
            assertTrue(next.stderr().getFirst().contains("nobody is there to take over from"), next::toString);
            echoOverUnix(new byte[MESSAGE]);
            assertEquals(0, next.terminate());
        }
        assertFalse(Files.exists(unix));
    }

    /** Those that nobody has accepted have the path, too (proc_net_unix(5)); the socket itself is not counted. */
    private static long connectionsTo(Path socket) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/net/unix"))) {
            return lines.filter(line -> line.endsWith(" " + socket)).count() - 1;
        }
    }

    @Test
    void sessionsOfTheOldOneEndInTheirOwnTimeAndASignalDoesNotCutThem() throws Exception {
        try (SluiceProcess old = SluiceProcess.run(flags())) {
            try (Socket client = TestClient.connect(port);
                    SluiceProcess next = SluiceProcess.run(flags("--takeover"))) {
                old.awaitStderr("that it drains", line -> line.contains("draining 1 session"));
                old.signal("TERM"); // as a script does that takes no chances
                byte[] message = new byte[MESSAGE];
                assertArrayEquals(message, TestClient.echo(client, message));
                assertTrue(old.isRunning());
                assertEquals(0, next.terminate());
                assertArrayEquals(message, TestClient.echo(client, message));
            }
            assertEquals(0, old.awaitExit(), old::toString);
        }
    }
}
