package dev.sluice.tests.operation;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Addresses;
import dev.sluice.tests.testkit.Chance;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Repeats;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.Workers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A database that is killed and started again and again, and clients that connect all the time and hear nothing of that. */
@Timeout(180)
class RestartsTest {
    private static final int CLIENTS = 4;
    private static final String USER = "sluice";
    /** What PostgreSQL says while it starts (its documentation, "PostgreSQL Error Codes"). */
    private static final String CANNOT_CONNECT_NOW = "57P03";
    /** What memory may grow by from a quarter of the kills on, KiB. */
    private static final long MOST_GROWTH = 30_000;

    @TempDir
    private Path folder;

    private final InetSocketAddress address = new InetSocketAddress("127.0.0.2", Machine.freePort());

    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicInteger served = new AtomicInteger();
    private final AtomicInteger tooEarly = new AtomicInteger();

    /** Whoever kills waits for the exchanges that are under way: what a killed server had begun, nobody could save. */
    private final ReadWriteLock exchanges = new ReentrantReadWriteLock(true);

    @BeforeEach
    void give() throws IOException {
        Machine.forUnprivileged(folder);
    }

    private SluiceProcess proxy(String health) throws IOException {
        Path file = Files.writeString(folder.resolve("sluice.yaml"), """
                threads: 2
                drain-timeout: 1s
                listeners: [{name: db, bind: "127.0.0.1:0", upstream: db}]
                upstreams:
                  - name: db
                    endpoints: ["%s"]
                    when-down: {hold: 60s}
                    %s
                """.formatted(Addresses.text(address), health));
        return SluiceProcess.run("-c", file.toString());
    }

    private void client(Restartable database, int number, int proxy) throws Exception {
        while (!over.get()) {
            Lock one = exchanges.readLock();
            one.lock();
            try {
                database.exchange(number, proxy);
                served.incrementAndGet();
            } catch (SQLException e) {
                if (!CANNOT_CONNECT_NOW.equals(e.getSQLState())) {
                    throw e;
                }
                tooEarly.incrementAndGet(); // in the hundredths of a second between its end and the check that sees it
            } finally {
                one.unlock();
            }
        }
    }

    private void kill(Restartable database) throws Exception {
        Lock all = exchanges.writeLock();
        all.lock();
        try {
            database.kill();
        } finally {
            all.unlock();
        }
    }

    /** That no descriptor is left is seen by closing the proxy. */
    private void nobodyIsRefusedOrReset(Restartable database, int kills, String health) throws Exception {
        Random chance = Chance.of("restarts");
        try (Workers workers = new Workers();
                SluiceProcess sluice = proxy(health)) {
            List<Future<?>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int number = i;
                clients.add(workers.run(() -> client(database, number, sluice.port())));
            }
            long early = 0;
            for (int i = 1; i <= kills; i++) {
                kill(database);
                Thread.sleep(chance.nextInt(100));
                database.startAgain();
                Thread.sleep(chance.nextInt(50));
                early = i == Math.ceilDiv(kills, 4) ? sluice.residentKib() : early;
            }
            long growth = sluice.residentKib() - early;
            over.set(true);
            Workers.awaitAll(clients, Duration.ofSeconds(60));
            System.out.println("restarts: " + kills + " kills, " + served + " exchanges, " + tooEarly
                    + " heard that it starts, memory " + early + " KiB and then " + growth + " KiB more");
            assertTrue(served.get() >= kills, "exchanges: " + served);
            assertTrue(growth < MOST_GROWTH, "grown by " + growth + " KiB");
        }
    }

    /** With checks that notice an end at once, and with none at all. */
    @ParameterizedTest
    @ValueSource(strings = {"health: {check: redis, interval: 20ms, rise: 1, fall: 1}", ""})
    void redis(String health) throws Exception {
        try (Restartable database = Restartable.redis(folder, address)) {
            nobodyIsRefusedOrReset(database, Repeats.of("kills", 30), health);
        }
    }

    @Test
    void postgresql() throws Exception {
        try (Restartable database = Restartable.postgresql(folder, address)) {
            nobodyIsRefusedOrReset(
                    database,
                    Repeats.of("kills", 4),
                    "health: {check: postgres, interval: 20ms, timeout: 5s, rise: 1, fall: 1}");
        }
    }

    @Test
    void mariadb() throws Exception {
        try (Restartable database = Restartable.mariadb(folder, address, USER)) {
            nobodyIsRefusedOrReset(
                    database,
                    Repeats.of("kills", 4),
                    "health: {check: mysql, user: " + USER + ", interval: 20ms, timeout: 5s, rise: 1, fall: 1}");
        }
    }
}
