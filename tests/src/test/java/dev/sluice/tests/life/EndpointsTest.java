package dev.sluice.tests.life;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Connections;
import dev.sluice.tests.testkit.FullBacklog;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Relays;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import java.io.IOException;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several servers behind one listener, some of them down, and several loops. */
@Timeout(60)
class EndpointsTest {
    @TempDir
    private Path folder;

    private static SluiceProcess to(String endpoints, Relay relay) {
        return SluiceProcess.run(
                "--listen", "127.0.0.1:0", "--to", endpoints, "--relay", relay.word(), "--connect-timeout", "300ms");
    }

    /** What a client reads; a reset is an error. */
    private static String greeting(SluiceProcess sluice) throws IOException {
        try (Socket socket = TestClient.connect(sluice.port())) {
            TestClient.Received received = TestClient.receive(socket);
            assertTrue(received.clean(), sluice::toString);
            return new String(received.bytes(), StandardCharsets.UTF_8);
        }
    }

    private static Map<String, Integer> greetings(SluiceProcess sluice, int sessions) throws IOException {
        Map<String, Integer> counts = new TreeMap<>();
        for (int i = 0; i < sessions; i++) {
            counts.merge(greeting(sluice), 1, Integer::sum);
        }
        return counts;
    }

    @Relays
    void sessionsGoRound(Relay relay) throws Exception {
        try (Backend one = Backend.named("one");
                Backend two = Backend.named("two");
                Backend three = Backend.named("three");
                SluiceProcess sluice = to(one.address() + "," + two.address() + "," + three.address(), relay)) {
            assertEquals(Map.of("one", 4, "two", 4, "three", 4), greetings(sluice, 12));
        }
    }

    @Relays
    void whatRefusesIsPassedOver(Relay relay) throws Exception {
        String down = "127.0.0.1:" + Machine.freePort();
        try (Backend up = Backend.named("up");
                SluiceProcess sluice = to(down + "," + up.address(), relay)) {
            assertEquals(Map.of("up", 10), greetings(sluice, 10));
            for (AccessLine line : sluice.awaitLog(0, 10)) {
                assertEquals(up.address(), line.field("endpoint"));
                assertEquals("upstream fin", line.end());
            }
        }
    }

    @Relays
    void whatDoesNotAnswerIsPassedOverAfterItsTime(Relay relay) throws Exception {
        try (FullBacklog silent = new FullBacklog();
                Backend up = Backend.named("up");
                SluiceProcess sluice = to(silent.address() + "," + up.address(), relay)) {
            assertEquals(Map.of("up", 4), greetings(sluice, 4));
            List<AccessLine> lines = sluice.awaitLog(0, 4);
            // Every other session tried the silent one first.
            assertEquals(
                    2,
                    lines.stream()
                            .filter(line -> Double.parseDouble(line.field("connect_ms")) >= 300)
                            .count(),
                    sluice::toString);
        }
    }

    @Relays
    void whenAllAreDownTheClientIsReset(Relay relay) throws Exception {
        String first = "127.0.0.1:" + Machine.freePort();
        String second = "unix:" + folder.resolve("nobody");
        try (SluiceProcess sluice = to(first + "," + second, relay)) {
            for (int i = 0; i < 4; i++) {
                try (Socket socket = TestClient.connect(sluice.port())) {
                    TestClient.Received received = TestClient.receive(socket);
                    assertFalse(received.clean(), "an end of stream, as if there had been an answer");
                }
            }
            for (AccessLine line : sluice.awaitLog(0, 4)) {
                assertEquals("upstream connect-failed", line.end());
                assertTrue(List.of("ECONNREFUSED", "ENOENT").contains(line.error()), line.text());
                assertEquals(0, line.up() + line.down());
            }
            assertTrue(sluice.isRunning());
        }
    }

    @Relays
    void whatComesBackServesAgain(Relay relay) throws Exception {
        int port = Machine.freePort();
        Path path = folder.resolve("b.sock");
        try (SluiceProcess sluice = to("127.0.0.1:" + port + ",unix:" + path, relay)) {
            try (Socket socket = TestClient.connect(sluice.port())) {
                assertFalse(TestClient.receive(socket).clean());
            }
            try (ServerSocketChannel server =
                    ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path))) {
                for (int i = 0; i < 4; i++) {
                    try (Socket socket = TestClient.connect(sluice.port())) {
                        try (SocketChannel accepted = server.accept()) {
                            accepted.write(ByteBuffer.wrap(new byte[] {42}));
                        }
                        assertEquals(1, TestClient.receive(socket).bytes().length);
                    }
                }
            }
        }
    }

    /** Idle sessions, so that what each loop's epoll watches tells how many it has: two sockets each. */
    @Relays
    void sessionsAreSpreadEvenlyOverTheLoops(Relay relay) throws Exception {
        int sessions = 20;
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = SluiceProcess.run(
                        "--listen", "127.0.0.1:0", "--to", echo.address(), "--relay", relay.word(), "--threads", "2");
                Connections<Socket> clients = new Connections<>()) {
            List<Integer> before = watched(sluice);
            assertEquals(3, before.size(), "epoll instances: two of data loops, one of the control loop");
            for (int i = 0; i < sessions; i++) {
                Socket client = clients.add(TestClient.connect(sluice.port()));
                assertEquals(1, TestClient.echo(client, new byte[1]).length);
            }
            List<Integer> after = watched(sluice);
            List<Integer> grown = IntStream.range(0, before.size())
                    .map(i -> after.get(i) - before.get(i))
                    .sorted()
                    .boxed()
                    .toList();
            assertEquals(List.of(0, sessions, sessions), grown, () -> "before " + before + ", after " + after);
        }
    }

    /** How many descriptors each epoll instance watches (proc_pid_fdinfo(5)), in the order of the instances. */
    private static List<Integer> watched(SluiceProcess sluice) throws IOException {
        Path proc = Path.of("/proc", Long.toString(sluice.pid()));
        Map<Integer, Integer> counts = new TreeMap<>();
        try (Stream<Path> links = Files.list(proc.resolve("fd"))) {
            for (Path link : links.toList()) {
                if (Files.isSymbolicLink(link)
                        && Files.readSymbolicLink(link).toString().equals("anon_inode:[eventpoll]")) {
                    String fd = link.getFileName().toString();
                    try (Stream<String> lines =
                            Files.lines(proc.resolve("fdinfo").resolve(fd))) {
                        counts.put(Integer.parseInt(fd), (int)
                                lines.filter(line -> line.startsWith("tfd:")).count());
                    }
                }
            }
        }
        return List.copyOf(counts.values());
    }

    @Test
    void aHostWithSeveralAddressesIsTriedAtAllOfThem() throws Exception {
        // localhost is ::1 and 127.0.0.1 on most machines; the server is at the latter only.
        try (Backend up = Backend.named("up");
                SluiceProcess sluice = to("localhost:" + up.port(), Relay.SPLICE)) {
            assertEquals(Map.of("up", 5), greetings(sluice, 5));
        }
    }
}
