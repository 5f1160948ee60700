package dev.sluice.tests.life;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Chance;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.LongStream;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Payload;
import dev.sluice.tests.testkit.Repeats;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import dev.sluice.tests.testkit.Workers;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** SIGHUP reads the configuration file again: whole or not at all, and without a lost connection. */
@Timeout(120)
class ReloadTest {
    private static final int CLIENTS = 4;
    private static final int SIGNALS = 500;
    private static final int RELOADS = Repeats.of("reloads", 200);
    /** What memory may grow by from a quarter of the reloads on, KiB: each that kept 200 KiB would be found. */
    private static final long MOST_GROWTH = 30_000;

    @TempDir
    private Path folder;

    private final Backend one = Backend.named("one");
    private final Backend two = Backend.named("two");
    private final int port = Machine.freePort();
    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("sluice.yaml");
    }

    @AfterEach
    void stop() {
        one.close();
        two.close();
    }

    /** A listener on the test's port before a backend, and more listeners. */
    private void write(Backend backend, String... more) throws IOException {
        replace("""
                threads: 2
                listeners:
                  - {name: front, bind: "127.0.0.1:%d", upstream: back}
                %supstreams:
                  - {name: back, endpoints: ["%s"]}
                """.formatted(port, String.join("", more), backend.address()));
    }

    private void replace(String text) throws IOException {
        Path fresh = Files.writeString(folder.resolve("fresh"), text);
        Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    private static String listener(int port) {
        return "  - {name: more, bind: \"127.0.0.1:%d\", upstream: back}\n".formatted(port);
    }

    private SluiceProcess run() {
        return SluiceProcess.run("-c", file.toString());
    }

    /** Sends SIGHUP and waits for what is said about it. */
    private static String reload(SluiceProcess sluice) throws Exception {
        long before = outcomes(sluice).size();
        sluice.signal("HUP");
        Eventually.holds("an outcome", () -> outcomes(sluice).size() > before);
        return outcomes(sluice).getLast();
    }

    private static List<String> outcomes(SluiceProcess sluice) {
        return sluice.stderr().stream()
                .filter(line -> line.startsWith("sluice: reloaded ") || line.startsWith("sluice: not reloaded: "))
                .toList();
    }

    private static String greeting(int port) throws IOException {
        try (Socket socket = TestClient.connect(port)) {
            TestClient.Received received = TestClient.receive(socket);
            assertTrue(received.clean(), "a reset instead of an end of stream");
            return new String(received.bytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void anEndpointChangesAndListenersComeAndGo() throws Exception {
        write(one);
        int added = Machine.freePort();
        try (SluiceProcess sluice = run()) {
            assertEquals("one", greeting(port));
            write(two, listener(added));
            assertEquals(
                    "sluice: reloaded " + file + ": 2 listeners, 1 upstream with 1 endpoint; now also on 127.0.0.1:"
                            + added,
                    reload(sluice));
            assertEquals("two", greeting(port));
            assertEquals("two", greeting(added));
            write(two);
            assertEquals(
                    "sluice: reloaded " + file + ": 1 listener, 1 upstream with 1 endpoint; no more on 127.0.0.1:"
                            + added,
                    reload(sluice));
            assertEquals("two", greeting(port));
            assertThrows(ConnectException.class, () -> greeting(added));
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
    }

    @Test
    void aBrokenFileChangesNothing() throws Exception {
        write(one);
        try (SluiceProcess sluice = run()) {
            write(two, "  - {bind: \"127.0.0.1\", upstream: back}\n");
            assertEquals(
                    "sluice: not reloaded: 1 problem in " + file + "; everything goes on as before", reload(sluice));
            sluice.awaitStderr("where", line -> line.startsWith("sluice: " + file + ":4:12: bind '127.0.0.1' is not"));
            assertEquals("one", greeting(port));
            Files.delete(file);
            reload(sluice);
            sluice.awaitStderr("why", line -> line.equals("sluice: " + file + ": does not exist"));
            assertEquals("one", greeting(port));
            write(two);
            assertTrue(reload(sluice).startsWith("sluice: reloaded "), sluice::toString);
            assertEquals("two", greeting(port));
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
    }

    @Test
    void whatNeedsARestartSaysSoAndChangesNothing() throws Exception {
        write(one);
        try (SluiceProcess sluice = run()) {
            write(two);
            replace(Files.readString(file).replace("threads: 2", "threads: 1"));
            String refused = reload(sluice);
            assertTrue(refused.startsWith("sluice: not reloaded: threads cannot change from 2 to 1"), refused);
            assertTrue(refused.contains("restart"), refused);
            assertEquals("one", greeting(port));
        }
    }

    @Test
    void anAddressThatSomebodyElseHasChangesNothing() throws Exception {
        write(one);
        try (SluiceProcess sluice = run()) {
            write(two, listener(one.port()));
            String refused = reload(sluice);
            assertTrue(refused.contains("EADDRINUSE") && refused.contains("" + one.port()), refused);
            assertEquals("one", greeting(port));
        }
    }

    /** Clients that connect all the time, each of which must be served by one backend or the other. */
    private List<Future<?>> clients(Workers workers, AtomicBoolean over, AtomicInteger served) {
        List<Future<?>> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(workers.run(() -> {
                while (!over.get()) {
                    String greeting = greeting(port);
                    assertTrue(greeting.equals("one") || greeting.equals("two"), greeting);
                    served.incrementAndGet();
                }
            }));
        }
        return clients;
    }

    @Test
    void noConnectionIsLostHoweverOftenItIsReloaded() throws Exception {
        byte[] data = Payload.bytes(11, 24 << 20);
        write(one);
        int added = Machine.freePort();
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger served = new AtomicInteger();
        try (Backend source = Backend.source(data);
                Workers workers = new Workers();
                SluiceProcess sluice = run()) {
            List<Future<?>> clients = clients(workers, over, served);
            for (int i = 0; i < 20; i++) {
                write(i % 2 == 0 ? two : one, i % 3 == 0 ? listener(added) : "");
                assertTrue(reload(sluice).startsWith("sluice: reloaded "), sluice::toString);
            }
            write(source);
            reload(sluice);
            try (Socket stream = TestClient.connect(port)) {
                byte[] first = stream.getInputStream().readNBytes(1000);
                over.set(true);
                write(one);
                reload(sluice);
                assertEquals("one", greeting(port));
                TestClient.Received rest = TestClient.receive(stream);
                assertTrue(rest.clean());
                assertEquals(data.length, first.length + rest.bytes().length);
                assertArrayEquals(java.util.Arrays.copyOfRange(data, 1000, data.length), rest.bytes());
            }
            assertTrue(served.get() > 20, "clients: " + served);
            clients.forEach(client -> client.cancel(true));
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
    }

    /** A server that sends something new every few milliseconds until it is over, and the digest of all that. */
    private static Backend stream(AtomicBoolean over, CompletableFuture<byte[]> digest) {
        return Backend.start(socket -> {
            MessageDigest sent = LongStream.sha256();
            Random random = Chance.of("stream");
            byte[] piece = new byte[50_000];
            while (!over.get()) {
                random.nextBytes(piece);
                sent.update(piece);
                socket.getOutputStream().write(piece);
                LockSupport.parkNanos(2_000_000);
            }
            digest.complete(sent.digest());
        });
    }

    /** What arrives, to its end. */
    private static byte[] digest(Socket socket) throws IOException {
        MessageDigest received = LongStream.sha256();
        try (OutputStream to = new DigestOutputStream(OutputStream.nullOutputStream(), received)) {
            socket.getInputStream().transferTo(to);
        }
        return received.digest();
    }

    /** That no descriptor is left is seen by closing it. */
    @Test
    void manyReloadsUnderLoadLeaveNothingBehind() throws Exception {
        int added = Machine.freePort();
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger served = new AtomicInteger();
        CompletableFuture<byte[]> sent = new CompletableFuture<>();
        try (Backend source = stream(over, sent);
                Workers workers = new Workers()) {
            write(source);
            try (SluiceProcess sluice = run();
                    Socket stream = TestClient.connect(port)) {
                Future<byte[]> received = workers.start(() -> digest(stream));
                Eventually.holds("the stream has begun", () -> source.accepted() == 1);
                write(one);
                reload(sluice);
                List<Future<?>> clients = clients(workers, over, served);
                long early = 0;
                for (int i = 1; i <= RELOADS; i++) {
                    write(i % 2 == 0 ? one : two, i % 4 < 2 ? "" : listener(added));
                    assertTrue(reload(sluice).startsWith("sluice: reloaded "), sluice::toString);
                    early = i == RELOADS / 4 ? sluice.residentKib() : early;
                }
                long growth = sluice.residentKib() - early;
                over.set(true);
                Workers.awaitAll(clients, Duration.ofSeconds(30));
                assertArrayEquals(Workers.await(sent), Workers.await(received));
                assertTrue(served.get() >= RELOADS, "clients: " + served);
                System.out.println("reloads: " + RELOADS + ", " + served + " connections, memory " + early
                        + " KiB and then " + growth + " KiB more");
                assertTrue(growth < MOST_GROWTH, "grown by " + growth + " KiB");
            }
        }
    }

    /** Threads that reload, or wait for that. */
    private static long reloading(SluiceProcess sluice) throws IOException {
        try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(sluice.pid()), "task"))) {
            return tasks.filter(ReloadTest::isReload).count();
        }
    }

    private static boolean isReload(Path task) {
        try {
            return Files.readString(task.resolve("comm")).startsWith("sluice-reload");
        } catch (IOException e) {
            return false; // it has ended since
        }
    }

    @Test
    void aStormOfSignalsEndsWithTheLastFile() throws Exception {
        write(one);
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger served = new AtomicInteger();
        try (Workers workers = new Workers();
                SluiceProcess sluice = run()) {
            List<Future<?>> clients = clients(workers, over, served);
            Process storm = new ProcessBuilder(
                            "sh",
                            "-c",
                            "i=0; while [ $i -lt " + SIGNALS + " ]; do kill -HUP " + sluice.pid()
                                    + "; i=$((i+1)); done")
                    .start();
            assertEquals(0, storm.waitFor());
            write(two);
            sluice.signal("HUP");
            Eventually.holds("the last file counts", () -> greeting(port).equals("two"));
            Eventually.holds("nothing is queued up", () -> reloading(sluice) == 0);
            over.set(true);
            Workers.awaitAll(clients, Duration.ofSeconds(20));
            Eventually.holds("it says so", () -> !outcomes(sluice).isEmpty());
            assertTrue(
                    outcomes(sluice).size() < SIGNALS,
                    "reloads: " + outcomes(sluice).size());
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
    }

    @Test
    void aSignalToStopDoesNotWaitForAReload() throws Exception {
        write(one);
        try (SluiceProcess sluice = run()) {
            Files.delete(file);
            assertEquals(
                    0, new ProcessBuilder("mkfifo", file.toString()).start().waitFor());
            sluice.signal("HUP");
            Thread.sleep(200); // it waits for somebody to write into the pipe, for ever
            assertEquals("one", greeting(port));
            long start = System.nanoTime();
            assertEquals(0, sluice.terminate(), sluice::toString);
            assertTrue(System.nanoTime() - start < 15_000_000_000L, sluice::toString);
            assertEquals(List.of(), outcomes(sluice));
        }
    }

    @Test
    void theLogIsOpenedAnewAlsoWhenTheFileIsBroken() throws Exception {
        Path log = folder.resolve("access.log");
        write(one);
        replace("access-log: {file: " + log + "}\n" + Files.readString(file));
        try (SluiceProcess sluice = run()) {
            greeting(port);
            Eventually.holds("a line", () -> lines(log) == 1);
            Path old = Files.move(log, folder.resolve("access.log.1"));
            assertTrue(reload(sluice).startsWith("sluice: reloaded "), sluice::toString);
            Eventually.holds("a new file", () -> Files.exists(log));
            greeting(port);
            Eventually.holds("a line in it", () -> lines(log) == 1);
            assertEquals(1, lines(old));

            Path older = Files.move(log, folder.resolve("access.log.2"));
            replace("nonsense");
            assertTrue(reload(sluice).startsWith("sluice: not reloaded: "), sluice::toString);
            Eventually.holds("a new file", () -> Files.exists(log));
            greeting(port);
            Eventually.holds("a line in it", () -> lines(log) == 1);
            assertEquals(1, lines(older));

            write(one);
            replace("access-log: json\n" + Files.readString(file));
            reload(sluice);
            greeting(port);
            sluice.awaitStdout(0, "a line of JSON", line -> line.startsWith("{\"time\""));
            assertEquals(1, lines(log));
            assertEquals(0, sluice.terminate(), sluice::toString);
            assertFalse(sluice.stderr().stream().anyMatch(line -> line.contains("lost")), sluice::toString);
        }
    }

    private static int lines(Path log) throws IOException {
        return Files.exists(log) ? Files.readAllLines(log).size() : 0;
    }
}
