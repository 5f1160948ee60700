package dev.sluice.cli.admin.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.options.AdminConfig;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The limits of connections, with answers that take as long as the test wants. */
@Timeout(60)
@SuppressWarnings("NullAway.Init") // start() sets the fields
class AdminServerTest {
    private static final String REQUEST = " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    private static final long SECOND = 1_000_000_000L;
    private static final AdminServer.Patience LONG = new AdminServer.Patience(60 * SECOND, 60 * SECOND);

    @TempDir
    private Path folder;

    private Path file;
    private AdminServer server;
    private final Semaphore slow = new Semaphore(0);
    private final Semaphore begun = new Semaphore(0);
    private final CountDownLatch after = new CountDownLatch(1);
    private final ConcurrentLinkedQueue<Throwable> faults = new ConcurrentLinkedQueue<>();

    /** {@code /slow} waits, {@code /fail} throws, {@code /after} leaves something to be done. */
    private final Dispatcher dispatcher = new Dispatcher() {
        @Override
        public Set<String> methods(Request request) {
            return Set.of("GET");
        }

        @Override
        public Answer answer(Request request) {
            switch (request.path().getFirst()) {
                case "slow" -> {
                    begun.release();
                    slow.acquireUninterruptibly();
                }
                case "fail" -> throw new IllegalStateException("scripted");
                case "after" -> {
                    begun.release();
                    slow.acquireUninterruptibly();
                    return Answer.json(202, List.of()).then(after::countDown);
                }
                default -> {}
            }
            return Answer.json(200, List.of(1));
        }
    };

    @BeforeEach
    void start() throws IOException {
        file = folder.resolve("s.sock");
        start(LONG);
    }

    private void start(AdminServer.Patience patience) throws IOException {
        AdminSocket socket = AdminSocket.open(AdminConfig.parse("unix:" + file));
        server = AdminServer.start(socket, new Gate(socket.address(), List.of()), dispatcher, patience, faults::add);
    }

    @AfterEach
    void stop() {
        slow.release(100);
        server.close();
        assertFalse(Files.exists(file));
    }

    private SocketChannel send(String text) throws IOException {
        SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(file));
        channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
        return channel;
    }

    /** The first line of the answer; empty when there is none. */
    private static String receive(SocketChannel channel) throws IOException {
        try (channel) {
            ByteBuffer buffer = ByteBuffer.allocate(4096);
            while (channel.read(buffer) >= 0 && buffer.hasRemaining()) {
                // until its end
            }
            String text = new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
            return text.lines().findFirst().orElse("");
        } catch (IOException e) {
            return ""; // a reset
        }
    }

    private String ask(String path) {
        try {
            return receive(send("GET " + path + REQUEST));
        } catch (IOException e) {
            return ""; // closed before it was sent
        }
    }

    @Test
    void theOldestHalfOpenOneMakesRoom() throws IOException {
        List<SocketChannel> half = new ArrayList<>();
        for (int i = 0; i < AdminServer.MOST; i++) {
            half.add(send("GET /a HTTP/1.1\r\n"));
        }
        assertEquals("HTTP/1.1 200 OK", ask("/a"));
        assertEquals("", receive(half.removeFirst()));
        half.getLast().write(ByteBuffer.wrap("Host: localhost\r\n\r\n".getBytes(StandardCharsets.UTF_8)));
        assertEquals("HTTP/1.1 200 OK", receive(half.removeLast()), "a younger one has stayed");
        for (SocketChannel one : half) {
            one.close();
        }
    }

    /** What is being done is not given up for somebody new, and those who have their answer do not keep others out. */
    @Test
    void whoIsBeingAnsweredStays() throws Exception {
        List<SocketChannel> busy = new ArrayList<>();
        for (int i = 0; i < AdminServer.MOST; i++) {
            busy.add(send("GET /slow" + REQUEST));
            assertTrue(begun.tryAcquire(20, TimeUnit.SECONDS));
        }
        assertEquals("", ask("/a"));
        slow.release(AdminServer.MOST);
        for (int i = 0; i < 100 && !ask("/a").equals("HTTP/1.1 200 OK"); i++) {
            Thread.sleep(20);
        }
        assertEquals("HTTP/1.1 200 OK", ask("/a"), "though none of them has read its answer");
        for (SocketChannel one : busy) {
            one.close();
        }
    }

    @Test
    void timeIsUp() throws IOException {
        server.close();
        start(new AdminServer.Patience(SECOND / 5, SECOND / 2));
        long begin = System.nanoTime();
        assertEquals("", receive(send("GET / HTTP/1.1\r\n")));
        assertEquals("", receive(send("")));
        assertEquals("", ask("/slow"));
        long took = System.nanoTime() - begin;
        assertTrue(took > SECOND / 2 && took < 20 * SECOND, () -> took + " ns");
        assertEquals("HTTP/1.1 200 OK", ask("/a"));
    }

    @Test
    void aFaultIsToldAndIsNoEnd() {
        assertEquals("HTTP/1.1 500 Internal Server Error", ask("/fail"));
        assertEquals("scripted", faults.remove().getMessage());
        assertEquals("HTTP/1.1 200 OK", ask("/a"));
        assertTrue(faults.isEmpty(), faults::toString);
    }

    /** An order that was understood is carried out, whether or not its sender waits for the answer. */
    @Test
    void whatIsToBeDoneAfterIsDone() throws Exception {
        send("GET /after" + REQUEST).close();
        assertTrue(begun.tryAcquire(20, TimeUnit.SECONDS));
        slow.release();
        assertTrue(after.await(20, TimeUnit.SECONDS));
    }

    @Test
    void whereSomebodyListensNobodyElseDoes() throws IOException {
        assertThrows(AddressInUseException.class, () -> AdminSocket.open(AdminConfig.parse("unix:" + file)));
        assertEquals("HTTP/1.1 200 OK", ask("/a"), "the first one goes on");
        try (AdminSocket tcp = AdminSocket.open(AdminConfig.parse("127.0.0.1:0"))) {
            assertThrows(
                    AddressInUseException.class,
                    () -> AdminSocket.open(AdminConfig.parse(tcp.address().toString())));
        }
    }

    /** A file that another process has put in its place stays. */
    @Test
    void theFileOfAnotherIsLeftAlone() throws IOException {
        Files.delete(file);
        Files.writeString(file, "another's");
        server.close();
        assertTrue(Files.exists(file));
        Files.delete(file);
    }

    @Test
    void whoIsBeingAnsweredWhenItClosesHearsIt() throws Exception {
        SocketChannel one = send("GET /slow" + REQUEST);
        begun.acquire();
        Thread closing = new Thread(server::close);
        closing.start();
        while (Files.exists(file)) {
            Thread.sleep(1);
        }
        slow.release();
        assertEquals("HTTP/1.1 200 OK", receive(one));
        closing.join();
    }

    /** Its file may have the same inode as the one that was removed. */
    @Test
    void whatIsInItsPlaceByThenStays() throws Exception {
        server.stopAccepting();
        try (ServerSocketChannel next = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            next.bind(UnixDomainSocketAddress.of(file));
            server.close();
            assertTrue(Files.exists(file));
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void stopAccepting() throws Exception {
        SocketChannel busy = send("GET /slow" + REQUEST);
        assertTrue(begun.tryAcquire(20, TimeUnit.SECONDS));
        server.stopAccepting();
        assertFalse(Files.exists(file));
        slow.release();
        assertEquals("HTTP/1.1 200 OK", receive(busy));
    }
}
