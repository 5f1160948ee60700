package dev.sluice.cli.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.admin.http.AdminServer;
import dev.sluice.cli.admin.http.AdminSocket;
import dev.sluice.cli.admin.http.Gate;
import dev.sluice.cli.log.Events;
import dev.sluice.cli.metrics.Metrics;
import dev.sluice.cli.options.AdminConfig;
import dev.sluice.linux.Address;
import dev.sluice.proxy.Proxy;
import dev.sluice.proxy.config.BufferSettings;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.LoopSettings;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.SessionEnd;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A loop that hangs, in whoever is told of a session's end. */
@Timeout(60)
class StuckLoopTest {
    private static final long PATIENCE_SECONDS = 20;

    @TempDir
    private Path folder;

    private final CountDownLatch hangs = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);

    private final ProxyObserver observer = new ProxyObserver() {
        @Override
        public void sessionEnded(SessionEnd end) {
            hangs.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public boolean wantsTurnTimes() {
            return true;
        }

        @Override
        public void warning(String text) {}
    };

    private record Service(Proxy proxy, Events events) implements Target {
        @Override
        public Object configuration() {
            return List.of();
        }

        @Override
        public List<Predecessor> predecessors() {
            return List.of();
        }

        @Override
        public Outcome reload() {
            return new Outcome(false, List.of());
        }

        @Override
        public void drain() {}

        @Override
        public Duration drainDelay() {
            return Duration.ZERO;
        }

        @Override
        public boolean isLeaving() {
            return false;
        }

        @Override
        public void quit() {}

        @Override
        public long logDropped() {
            return 0;
        }

        @Override
        public long reloads(boolean applied) {
            return 0;
        }
    }

    private static ProxyConfig config() {
        EndpointAddress nobody = EndpointAddress.parse("127.0.0.1:1");
        return new ProxyConfig(
                LoopSettings.of(1),
                BufferSettings.DEFAULTS,
                List.of(ListenerConfig.of("in", EndpointAddress.parse("127.0.0.1:0"), "db")),
                List.of(UpstreamConfig.of("db", List.of(nobody))));
    }

    private void withAStuckLoop(Consumer<Path> test) throws Exception {
        Path file = folder.resolve("s.sock");
        try (Proxy proxy = Proxy.start(config(), observer)) {
            AdminSocket socket = AdminSocket.open(AdminConfig.parse("unix:" + file));
            try (AdminServer server = AdminServer.start(
                    socket,
                    new Gate(socket.address(), List.of()),
                    new Api(new Service(proxy, new Events()), new Metrics(), order -> {}),
                    AdminServer.Patience.USUAL,
                    error -> {})) {
                int port = ((Address.V4) proxy.listeners().getFirst().address()).port();
                new Socket(InetAddress.getLoopbackAddress(), port).close();
                assertTrue(hangs.await(PATIENCE_SECONDS, TimeUnit.SECONDS));
                test.accept(file);
                server.stopAccepting();
            } finally {
                release.countDown();
            }
        }
    }

    /** The whole answer, from its status on. */
    private static String ask(Path file, String request) {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(file))) {
            channel.write(ByteBuffer.wrap((request + " HTTP/1.1\r\nHost: localhost\r\nX-Sluice: 1\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII)));
            String answer = new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
            return answer.substring(Math.min(answer.length(), "HTTP/1.1 ".length()));
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** However many wait for it: what does not need it is answered. */
    @Test
    void whoWaitsForItKeepsNobodyOut() throws Exception {
        List<Thread> threads = new ArrayList<>();
        BlockingQueue<String> answers = new LinkedBlockingQueue<>();
        withAStuckLoop(file -> {
            for (int i = 0; i < AdminServer.MOST; i++) {
                Thread thread =
                        new Thread(() -> answers.add(ask(file, "POST /api/v1/upstreams/db/rebalance?fraction=1")));
                thread.start();
                threads.add(thread);
            }
            for (int i = Api.MOST_WAITING; i < AdminServer.MOST; i++) {
                assertStatus("503", answers);
            }
            for (int i = 0; i < 2 * AdminServer.MOST; i++) {
                String health = ask(file, "GET /healthz");
                assertTrue(health.startsWith("200"), health);
            }
            String drain = ask(file, "POST /api/v1/drain");
            assertTrue(drain.startsWith("202"), drain);
            assertEquals(List.of(), List.copyOf(answers), "the others wait");
            release.countDown();
            for (int i = 0; i < Api.MOST_WAITING; i++) {
                assertStatus("200", answers);
            }
        });
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private static void assertStatus(String status, BlockingQueue<String> answers) {
        try {
            String answer = answers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertTrue(answer != null && answer.startsWith(status), () -> "" + answer);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** It does not look idle because no turn of it ends, and who looks again and again does not fill its mailbox. */
    @Test
    void itIsSilentAndBusy() throws Exception {
        withAStuckLoop(file -> {
            String status = ask(file, "GET /api/v1/status");
            assertTrue(status.contains("\"silent_loops\":[\"sluice-loop-0\"]"), status);
            long longest = Long.parseLong(status.replaceAll("(?s).*\"turn_max_us\":(\\d+).*", "$1"));
            assertTrue(longest >= 900_000, status);
            String metrics = ask(file, "GET /metrics");
            double seconds = Double.parseDouble(
                    metrics.replaceAll("(?s).*sluice_loop_turn_seconds\\{loop=\"0\",quantile=\"1.0\"} (\\S+).*", "$1"));
            assertTrue(seconds >= 0.9, metrics);
        });
    }
}
