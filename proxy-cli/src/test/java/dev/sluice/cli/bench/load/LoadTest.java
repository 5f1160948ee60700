package dev.sluice.cli.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxKernel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Client and server of the load against each other, without a proxy. */
@Timeout(30)
class LoadTest {
    private static String server = "";

    @BeforeAll
    static void serve() throws Exception {
        CompletableFuture<String> address = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try (Kernel kernel = LinuxKernel.open();
                    LoadServer it = new LoadServer(kernel, Address.parse("127.0.0.1:0"))) {
                address.complete(it.address().toString());
                while (true) {
                    it.turn();
                }
            }
        });
        server = address.get();
    }

    private static final class Told implements Engine.Control {
        private int windows;
        private int ends;

        @Override
        public void windowBegins() {
            windows++;
        }

        @Override
        public void windowEnds() {
            ends++;
        }

        @Override
        public boolean stopped() {
            return true;
        }
    }

    private static Outcome run(Kind kind, String to, int size, long rate, long window) {
        Told told = new Told();
        try (Kernel kernel = LinuxKernel.open();
                Engine engine = new Engine(kernel)) {
            int streams = kind == Kind.MIXED ? 2 : 0;
            Outcome outcome = engine.run(new Job(kind, to, 4, streams, size, rate, 50, window), told);
            assertEquals(1, told.windows);
            assertEquals(1, told.ends);
            return outcome;
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void everyKindFlows(Kind kind) {
        Outcome outcome = run(kind, server, 1000, 0, 200);
        assertTrue(outcome.nanos() >= 200_000_000, outcome::toString);
        assertEquals(0, outcome.failures());
        switch (kind) {
            case BULK_DOWN, BULK_UP, BULK_BOTH -> assertTrue(outcome.bytes() > 1 << 20, outcome::toString);
            case IDLE -> assertEquals(4, outcome.operations());
            default -> {
                assertTrue(outcome.operations() > 10, outcome::toString);
                assertTrue(outcome.p50() > 0 && outcome.p50() <= outcome.p90(), outcome::toString);
                assertTrue(outcome.p999() <= outcome.max(), outcome::toString);
            }
        }
    }

    @Test
    void requestsLargerThanAnyBufferOfTheKernelComeBack() {
        Outcome outcome = run(Kind.PING, server, 16 << 20, 0, 2_000); // 128 MiB, on a machine that may be busy
        assertTrue(outcome.operations() > 0, outcome::toString);
    }

    @Test
    void bytesOfPingsAreThoseOfBothDirections() {
        Outcome outcome = run(Kind.PING, server, 1000, 0, 200);
        assertEquals(2000.0, (double) outcome.bytes() / outcome.operations(), 100);
    }

    @Test
    void bytesOfMixedAreThoseOfTheStreamsAndAllElseIsOfTheRequests() {
        Outcome outcome = run(Kind.MIXED, server, 64, 500, 600);
        double due = 500 * (outcome.nanos() / 1e9);
        assertTrue(outcome.operations() > 0 && outcome.operations() < due + 200, outcome::toString);
        assertTrue(outcome.bytes() > 0, outcome::toString);
        assertTrue(outcome.p50() > 0, outcome::toString);
    }

    @Test
    void anOpenLoopKeepsItsRate() {
        Outcome outcome = run(Kind.PING, server, 64, 500, 600);
        // No more than were due, some of them late on a busy machine; a closed loop would make tens of thousands.
        double due = 500 * (outcome.nanos() / 1e9);
        assertTrue(outcome.operations() > 20 && outcome.operations() < due + 200, outcome::toString);
    }

    @Test
    void aStallCountsForAllWhomItKeptWaiting() throws Exception {
        try (ServerSocket slow = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread.ofPlatform().daemon().start(() -> echoWithAPause(slow));
            Outcome outcome = run(Kind.PING, "127.0.0.1:" + slow.getLocalPort(), 1, 200, 1000);
            // Half of the window: a closed loop would see it in one request of each connection, and its median not at
            // all.
            assertTrue(outcome.p90() > 200_000_000, outcome::toString);
            assertTrue(outcome.max() < 2_000_000_000, outcome::toString);
        }
    }

    /** One byte in, one byte out, all connections in turn; but for half a second nothing at all. */
    private static void echoWithAPause(ServerSocket server) {
        long pause = System.nanoTime() + 300_000_000;
        for (int i = 0; i < 4; i++) {
            try {
                Socket socket = server.accept();
                socket.setTcpNoDelay(true);
                Thread.ofPlatform().daemon().start(() -> {
                    try (socket) {
                        for (int b = socket.getInputStream().read();
                                b >= 0;
                                b = socket.getInputStream().read()) {
                            long into = System.nanoTime() - pause;
                            if (into > 0 && into < 500_000_000) {
                                Thread.sleep((500_000_000 - into) / 1_000_000);
                            }
                            socket.getOutputStream().write(b);
                        }
                    } catch (IOException | InterruptedException e) {
                        return; // the client has reset it
                    }
                });
            } catch (IOException e) {
                return;
            }
        }
    }

    @Test
    void nobodyThereIsToldInWords() {
        TrafficException e = assertThrows(TrafficException.class, () -> run(Kind.PING, "127.0.0.1:1", 1, 0, 100));
        assertEquals("cannot connect: connection refused (ECONNREFUSED)", e.getMessage());
    }

    @Test
    void aLostConnectionIsToldInWords() throws Exception {
        try (ServerSocket rude = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    while (true) {
                        rude.accept().close();
                    }
                } catch (IOException e) {
                    return; // the test is over
                }
            });
            String address = "127.0.0.1:" + rude.getLocalPort();
            TrafficException e = assertThrows(TrafficException.class, () -> run(Kind.BULK_DOWN, address, 0, 0, 100));
            assertTrue(String.valueOf(e.getMessage()).startsWith("a connection was "), e::getMessage);
        }
    }

    @Test
    void linesAreReadBack() {
        Job job = new Job(Kind.BULK_BOTH, "[::1]:80", 3, 4, 5, 6, 7, 8);
        assertEquals(job, Job.parse(job.toString()));
        Outcome outcome = new Outcome(1, 2, 3, 4, 5, 6, 7, 8, 9);
        assertEquals(outcome, Outcome.parse(outcome.toString()));
        assertThrows(IllegalArgumentException.class, () -> Job.parse("nonsense"));
        assertThrows(IllegalArgumentException.class, () -> Job.parse("kind=PING"));
    }
}
