package dev.sluice.tests.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Addresses;
import dev.sluice.tests.testkit.Daemon;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import dev.sluice.tests.testkit.Workers;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;

/** A Redis primary and its replica, of which only the primary gets sessions, whoever that is: it says so itself when it is asked. */
@Timeout(120)
class RedisFailoverTest {
    private static final int CLIENTS = 4;
    private static final int PATIENCE_MILLIS = 60_000;
    private static final List<String> REFUSED = List.of(
            "upstream connect-failed", "upstream connect-timeout", "proxy no-resources", "proxy internal-error");

    @TempDir
    private Path folder;

    private final Workers workers = new Workers();
    private final InetSocketAddress first = new InetSocketAddress("127.0.0.2", Machine.freePort());
    private final InetSocketAddress second = new InetSocketAddress("127.0.0.3", first.getPort());
    private final Map<InetSocketAddress, Daemon> running = new ConcurrentHashMap<>();
    private Path file = Path.of("");

    @BeforeEach
    void start() throws Exception {
        run(first);
        run(second, replicaOf(first));
        awaitReplication(second);
        file = Files.writeString(
                folder.resolve("sluice.yaml"), """
                threads: 2
                drain-timeout: 1s
                listeners: [{name: redis, bind: "127.0.0.1:0", upstream: redis}]
                upstreams:
                  - name: redis
                    endpoints: ["%s", "%s"]
                    health:
                      check: expect
                      send: "INFO replication\\r\\n"
                      expect: role:master
                      interval: 100ms
                      timeout: 5s
                      start: down
                      rise: 1
                      fall: 1
                    at-most: 1
                    when-down: {hold: 60s}
                    on-down: close
                """.formatted(Addresses.text(first), Addresses.text(second)));
    }

    @AfterEach
    void stop() {
        workers.close();
        running.values().forEach(Daemon::close);
    }

    private void run(InetSocketAddress address, String... more) throws Exception {
        Path own = Files.createDirectories(folder.resolve(address.getHostString()));
        List<String> options = new ArrayList<>(List.of("--repl-diskless-sync-delay", "0"));
        options.addAll(List.of(more));
        running.put(address, Redis.start(own, address, options.toArray(String[]::new)));
    }

    private static String[] replicaOf(InetSocketAddress primary) {
        return new String[] {"--replicaof", primary.getHostString(), String.valueOf(primary.getPort())};
    }

    private static Jedis connect(InetSocketAddress address) {
        return new Jedis(address.getHostString(), address.getPort(), PATIENCE_MILLIS);
    }

    private static Jedis connect(SluiceProcess sluice) {
        return new Jedis("127.0.0.1", sluice.port(), PATIENCE_MILLIS);
    }

    private static void awaitReplication(InetSocketAddress replica) throws Exception {
        Eventually.holds("a replica", () -> {
            try (Jedis redis = connect(replica)) {
                return redis.info("replication").contains("master_link_status:up");
            }
        });
    }

    private static void promote(InetSocketAddress replica) {
        try (Jedis redis = connect(replica)) {
            assertEquals("OK", redis.slaveofNoOne());
        }
    }

    private static void awaitState(SluiceProcess sluice, InetSocketAddress server, String state) {
        String words = "endpoint redis/" + Addresses.text(server) + " is " + state;
        sluice.awaitStderr(words, line -> line.contains(words));
    }

    private static void assertNobodyWasRefused(SluiceProcess sluice) {
        for (String line : sluice.stdout()) {
            assertFalse(REFUSED.contains(AccessLine.parse(line).end()), line);
        }
    }

    /** Who writes something new all the time, each time over a connection of its own, and takes down what was acknowledged. */
    private final class Writers {
        private final AtomicBoolean over = new AtomicBoolean();
        private final AtomicBoolean strict = new AtomicBoolean();
        private final AtomicInteger numbers = new AtomicInteger();
        private final AtomicInteger acknowledged = new AtomicInteger();
        /** What was begun after the failover, and acknowledged. */
        private final Queue<String> late = new ConcurrentLinkedQueue<>();

        private final List<Future<?>> clients = new ArrayList<>();

        Writers(SluiceProcess sluice) {
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(workers.run(() -> write(sluice)));
            }
        }

        private void write(SluiceProcess sluice) {
            while (!over.get()) {
                String key = "key" + numbers.incrementAndGet();
                boolean mustSucceed = strict.get();
                try (Jedis redis = connect(sluice)) {
                    assertEquals("OK", redis.set(key, key));
                    acknowledged.incrementAndGet();
                    if (mustSucceed) {
                        late.add(key);
                    }
                } catch (JedisException e) {
                    if (mustSucceed) {
                        throw e;
                    }
                }
            }
        }

        void await(int more) throws Exception {
            int enough = acknowledged.get() + more;
            Eventually.holds(
                    "some writes",
                    () -> acknowledged.get() >= enough || clients.stream().anyMatch(Future::isDone));
        }

        /** None that is begun from here on may fail. */
        void mustSucceed() {
            strict.set(true);
        }

        List<String> end() {
            over.set(true);
            Workers.awaitAll(clients, Duration.ofSeconds(60));
            return List.copyOf(late);
        }
    }

    private static List<String> missing(InetSocketAddress server, List<String> keys) {
        try (Jedis redis = connect(server)) {
            return keys.stream().filter(key -> !key.equals(redis.get(key))).toList();
        }
    }

    /** What was acknowledged just before the end and not replicated, Redis may lose; what comes after it, not. */
    @Test
    void aPrimaryIsKilledUnderLoadAndComesBackAsAReplica() throws Exception {
        try (SluiceProcess sluice = SluiceProcess.run("-c", file.toString())) {
            awaitState(sluice, first, "up");
            Writers writers = new Writers(sluice);
            writers.await(50);
            killed(first).kill();
            awaitState(sluice, first, "down");
            writers.mustSucceed();
            promote(second);
            writers.await(100);

            run(first, replicaOf(second));
            awaitReplication(first);
            writers.await(100);
            List<String> late = writers.end();
            assertTrue(late.size() >= 200 - CLIENTS, "writes: " + late.size());
            assertEquals(List.of(), missing(second, late));
            Eventually.holds("it has all of it, too", () -> missing(first, late).isEmpty());
            assertNobodyWasRefused(sluice);
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
    }

    private Daemon killed(InetSocketAddress server) {
        Daemon daemon = running.remove(server);
        if (daemon == null) {
            throw new AssertionError("does not run: " + server);
        }
        return daemon;
    }

    /** As Sentinel does it: first the replica is promoted, and until the old primary has heard of that, there are two. */
    @Test
    void aPrimaryIsDemotedWithSessionsOpen() throws Exception {
        try (SluiceProcess sluice = SluiceProcess.run("-c", file.toString())) {
            awaitState(sluice, first, "up");
            try (Socket session = TestClient.connect(sluice.port())) {
                session.getOutputStream().write("SET before 1\r\n".getBytes(StandardCharsets.US_ASCII));
                assertEquals("+OK\r\n", new String(session.getInputStream().readNBytes(5), StandardCharsets.US_ASCII));
                promote(second);
                sluice.awaitStderr("two", line -> line.contains("2 members are healthy, and at most 1 may be"));
                sluice.awaitStdout(0, "a session that is ended", line -> line.contains(" cause=down "));
                assertFalse(TestClient.receive(session).clean(), "an end of stream instead of a reset");
            }
            Future<String> held = workers.start(() -> {
                try (Jedis redis = connect(sluice)) {
                    return redis.set("held", "1");
                }
            });
            try (Jedis demoted = connect(first)) {
                assertEquals("OK", demoted.slaveof(second.getHostString(), second.getPort()));
            }
            assertEquals("OK", Workers.await(held));
            try (Jedis primary = connect(second)) {
                assertEquals("1", primary.get("held"));
                assertEquals("1", primary.get("before"));
            }
            assertNobodyWasRefused(sluice);
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
    }
}
