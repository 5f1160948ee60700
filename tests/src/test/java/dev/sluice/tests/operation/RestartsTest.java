package dev.sluice.tests.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Addresses;
import dev.sluice.tests.testkit.Chance;
import dev.sluice.tests.testkit.Daemon;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import dev.sluice.tests.testkit.Workers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A Redis server that is killed and started again and again, and clients that connect all the time and hear nothing of that. */
@Timeout(120)
class RestartsTest {
    private static final int CYCLES = 30;
    private static final int CLIENTS = 4;

    @TempDir
    private Path folder;

    /** Not 127.0.0.1: there its port could become that of a client, while nobody listens on it. */
    private final InetSocketAddress address = new InetSocketAddress("127.0.0.2", Machine.freePort());

    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicInteger served = new AtomicInteger();

    /** Whoever kills waits for the exchanges that are under way: what a killed server had begun, nobody could save. */
    private final ReadWriteLock exchanges = new ReentrantReadWriteLock(true);

    private SluiceProcess proxy(String health) throws IOException {
        Path file = Files.writeString(folder.resolve("sluice.yaml"), """
                threads: 2
                drain-timeout: 1s
                listeners: [{name: redis, bind: "127.0.0.1:0", upstream: redis}]
                upstreams:
                  - name: redis
                    endpoints: ["%s"]
                    when-down: {hold: 20s}
                    %s
                """.formatted(Addresses.text(address), health));
        return SluiceProcess.run("-c", file.toString());
    }

    private void exchange(int proxy) throws IOException {
        try (Socket socket = TestClient.connect(proxy)) {
            socket.getOutputStream().write("PING\r\nQUIT\r\n".getBytes(StandardCharsets.US_ASCII));
            TestClient.Received received = TestClient.receive(socket);
            assertEquals("+PONG\r\n+OK\r\n", new String(received.bytes(), StandardCharsets.US_ASCII));
            assertTrue(received.clean(), "a reset");
        }
    }

    private void client(int proxy) throws IOException {
        while (!over.get()) {
            Lock one = exchanges.readLock();
            one.lock();
            try {
                exchange(proxy);
            } finally {
                one.unlock();
            }
            served.incrementAndGet();
        }
    }

    private void kill(Daemon server) throws InterruptedException {
        Lock all = exchanges.writeLock();
        all.lock();
        try {
            server.kill();
        } finally {
            all.unlock();
        }
    }

    /** With checks that notice an end at once, and with none at all. */
    @ParameterizedTest
    @ValueSource(strings = {"health: {check: redis, interval: 20ms, rise: 1, fall: 1}", ""})
    void nobodyIsRefusedOrReset(String health) throws Exception {
        Random chance = Chance.of("restarts");
        Daemon server = Redis.start(folder, address);
        try (Workers workers = new Workers();
                SluiceProcess sluice = proxy(health)) {
            List<Future<?>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(workers.run(() -> client(sluice.port())));
            }
            for (int i = 0; i < CYCLES; i++) {
                kill(server);
                Thread.sleep(chance.nextInt(100));
                server = Redis.start(folder, address);
                Thread.sleep(chance.nextInt(50));
            }
            over.set(true);
            Workers.awaitAll(clients, Duration.ofSeconds(30));
            assertTrue(served.get() >= CYCLES, "exchanges: " + served);
            System.out.println("restarts: " + CYCLES + " kills, " + served + " exchanges");
            assertEquals(0, sluice.terminate(), sluice::toString);
        } finally {
            server.close();
        }
    }
}
