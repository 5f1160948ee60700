package dev.sluice.tests.servers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Payload;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Relays;
import dev.sluice.tests.testkit.SluiceProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Response;
import redis.embedded.RedisServer;
import redis.embedded.core.ExecutableProvider;

/** A Redis server behind the proxy: many small messages in a row, large values, messages that nobody asked for. */
@Timeout(120)
class RedisTest {
    @TempDir
    private static Path folder;

    private static int port;
    private static RedisServer server;

    @BeforeAll
    static void startServer() throws IOException {
        port = Machine.freePort();
        server = RedisServer.newRedisServer()
                .executableProvider(ExecutableProvider.newJarResourceProvider(folder.toFile()))
                .bind("127.0.0.1")
                .port(port)
                .setting("dir " + folder)
                .setting("save \"\"")
                .build();
        server.start();
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.stop();
    }

    private static SluiceProcess proxy(Relay relay) {
        return SluiceProcess.run(
                "--listen", "127.0.0.1:0", "--to", "127.0.0.1:" + port, "--relay", relay.word(), "--threads", "2");
    }

    private static Jedis connect(SluiceProcess sluice) {
        return new Jedis("127.0.0.1", sluice.port(), 20_000);
    }

    @Relays
    void pipelinedCommandsAreAnsweredInOrder(Relay relay) {
        int commands = 20_000;
        try (SluiceProcess sluice = proxy(relay);
                Jedis redis = connect(sluice)) {
            redis.del("counter");
            Pipeline pipeline = redis.pipelined();
            List<Response<Long>> counts = new ArrayList<>();
            List<Response<String>> echoes = new ArrayList<>();
            for (int i = 0; i < commands; i++) {
                counts.add(pipeline.incr("counter"));
                echoes.add(pipeline.echo("message " + i));
            }
            pipeline.sync();
            for (int i = 0; i < commands; i++) {
                assertEquals(i + 1, counts.get(i).get());
                assertEquals("message " + i, echoes.get(i).get());
            }
        }
    }

    @Relays
    void manyClientsPipelineAtOnce(Relay relay) throws Exception {
        int clients = 20;
        int commands = 1000;
        try (SluiceProcess sluice = proxy(relay);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Long>> ends = new ArrayList<>();
            for (int c = 0; c < clients; c++) {
                String key = "client " + c;
                ends.add(threads.submit(() -> {
                    try (Jedis redis = connect(sluice)) {
                        redis.del(key);
                        Pipeline pipeline = redis.pipelined();
                        List<Response<Long>> lengths = new ArrayList<>();
                        for (int i = 0; i < commands; i++) {
                            lengths.add(pipeline.append(key, "0123456789"));
                        }
                        pipeline.sync();
                        return lengths.getLast().get();
                    }
                }));
            }
            for (Future<Long> end : ends) {
                assertEquals(10L * commands, end.get(30, TimeUnit.SECONDS));
            }
        }
    }

    @Relays
    void largeValuesComeBackAsTheyWere(Relay relay) {
        byte[] key = "large".getBytes(StandardCharsets.US_ASCII);
        byte[] value = Payload.bytes(4, 48 << 20);
        try (SluiceProcess sluice = proxy(relay)) {
            try (Jedis redis = connect(sluice)) {
                assertEquals("OK", redis.set(key, value));
                assertArrayEquals(value, redis.get(key));
                redis.del(key);
            }
            AccessLine line = sluice.awaitLog(0, 1).getFirst();
            assertTrue(line.up() > value.length && line.down() > value.length, line.text());
        }
    }

    @Relays
    void publishedMessagesReachEverySubscriber(Relay relay) throws Exception {
        int subscribers = 5;
        int messages = 500;
        try (SluiceProcess sluice = proxy(relay);
                ExecutorService threads = Executors.newCachedThreadPool();
                Jedis publisher = connect(sluice)) {
            CountDownLatch subscribed = new CountDownLatch(subscribers);
            BlockingQueue<String> heard = new LinkedBlockingQueue<>();
            for (int i = 0; i < subscribers; i++) {
                threads.execute(() -> {
                    try (Jedis subscriber = connect(sluice)) {
                        subscriber.subscribe(new Ear(subscribed, heard, messages), "news");
                    }
                });
            }
            assertTrue(subscribed.await(20, TimeUnit.SECONDS));
            for (int i = 0; i < messages; i++) {
                assertEquals(subscribers, publisher.publish("news", "message " + i));
            }
            int[] counts = new int[messages];
            for (int i = 0; i < messages * subscribers; i++) {
                String message = heard.poll(20, TimeUnit.SECONDS);
                assertTrue(message != null, "only " + i + " messages");
                counts[Integer.parseInt(message.substring("message ".length()))]++;
            }
            for (int count : counts) {
                assertEquals(subscribers, count);
            }
        }
    }

    /** Hears a number of messages, then hangs up. */
    private static final class Ear extends JedisPubSub {
        private final CountDownLatch subscribed;
        private final BlockingQueue<String> heard;
        private int left;

        Ear(CountDownLatch subscribed, BlockingQueue<String> heard, int messages) {
            this.subscribed = subscribed;
            this.heard = heard;
            this.left = messages;
        }

        @Override
        public void onSubscribe(String channel, int subscribedChannels) {
            subscribed.countDown();
        }

        @Override
        public void onMessage(String channel, String message) {
            heard.add(message);
            if (--left == 0) {
                unsubscribe();
            }
        }
    }
}
