package dev.sluice.tests.life;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Addresses;
import dev.sluice.tests.testkit.Descriptors;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Family;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Relays;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.SluiceRig;
import dev.sluice.tests.testkit.Wire;
import dev.sluice.tests.testkit.Wire.End;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;

/** Upstreams that cannot be connected to. The client is told by a reset: to it, nothing has been said in order. */
@Relays
@Timeout(60)
class ConnectTest {
    private static final long CONNECT_TIMEOUT_MILLIS = 500;
    private static final int SHORTEST_BACKLOG = 1;

    @Parameter
    @SuppressWarnings("NullAway.Init") // the engine does
    private Relay relay;

    @TempDir
    @SuppressWarnings("NullAway.Init") // the engine does
    private Path folder;

    @Test
    void nobodyListensOnThePort() throws Exception {
        refuses(StandardProtocolFamily.INET, Family.V4);
    }

    @Test
    void nobodyListensOnThePortOfIpv6() throws Exception {
        refuses(StandardProtocolFamily.INET6, Family.V6);
    }

    private void refuses(StandardProtocolFamily protocol, Family family) throws IOException {
        InetAddress loopback;
        try (ServerSocketChannel server = family.listen(folder)) {
            loopback = ((InetSocketAddress) server.getLocalAddress()).getAddress();
        }
        // Bound, so that nobody else gets the port, and not listening.
        try (SocketChannel bound = SocketChannel.open(protocol).bind(new InetSocketAddress(loopback, 0))) {
            fails(bound.getLocalAddress(), "upstream connect-failed", "ECONNREFUSED");
        }
    }

    @Test
    void aUnixSocketThatIsNotThere() throws Exception {
        fails(UnixDomainSocketAddress.of(folder.resolve("none.sock")), "upstream connect-failed", "ENOENT");
    }

    @Test
    void aUnixSocketThatNobodyListensOn() throws Exception {
        SocketAddress gone;
        try (ServerSocketChannel server = Family.UNIX.listen(folder)) {
            gone = server.getLocalAddress();
        }
        fails(gone, "upstream connect-failed", "ECONNREFUSED");
    }

    @Test
    void nobodyAnswers() throws Exception {
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.INET)
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SHORTEST_BACKLOG)) {
            // The kernel queues one connection more than the backlog, and then answers no SYN (listen(2)).
            try (SocketChannel first = SocketChannel.open(server.getLocalAddress());
                    SocketChannel second = SocketChannel.open(server.getLocalAddress())) {
                assertTrue(first.isConnected() && second.isConnected());
                fails(server.getLocalAddress(), "upstream connect-timeout", null);
            }
        }
    }

    @Test
    void nobodyAnswersOnAUnixSocket() throws Exception {
        SocketAddress address = UnixDomainSocketAddress.of(folder.resolve("full.sock"));
        try (ServerSocketChannel server =
                ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address, SHORTEST_BACKLOG)) {
            try (SocketChannel first = SocketChannel.open(address);
                    SocketChannel second = SocketChannel.open(address)) {
                assertTrue(first.isConnected() && second.isConnected() && server.isOpen());
                fails(address, "upstream connect-timeout", null);
            }
        }
    }

    /** A unix listener whose queue is full has room again in a moment, and no event tells of it. */
    @Test
    void aUnixSocketWhoseQueueIsFullForAMoment() throws Exception {
        SocketAddress address = UnixDomainSocketAddress.of(folder.resolve("busy.sock"));
        try (ServerSocketChannel server =
                ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address, SHORTEST_BACKLOG)) {
            try (SocketChannel first = SocketChannel.open(address);
                    SocketChannel second = SocketChannel.open(address);
                    SluiceProcess sluice = run(address)) {
                int before = sluice.descriptors().sockets();
                try (SocketChannel client = SocketChannel.open(sluice.address())) {
                    Eventually.holds(
                            "it has accepted", () -> sluice.descriptors().sockets() > before);
                    server.accept().close();
                    server.accept().close();
                    assertTrue(first.isOpen() && second.isOpen());
                    try (SocketChannel accepted = server.accept()) {
                        client.write(ByteBuffer.wrap(new byte[] {1}));
                        assertEquals(1, accepted.read(ByteBuffer.allocate(9)));
                    }
                }
            }
        }
    }

    private SluiceProcess run(SocketAddress upstream) {
        return SluiceProcess.run(
                "--listen",
                "127.0.0.1:0",
                "--to",
                Addresses.text(upstream),
                "--relay",
                relay.word(),
                "--connect-timeout",
                CONNECT_TIMEOUT_MILLIS + "ms");
    }

    private void fails(SocketAddress upstream, String cause, @Nullable String error) throws IOException {
        try (SluiceProcess sluice = run(upstream)) {
            Descriptors before = sluice.descriptors();
            for (int sent : new int[] {0, 100_000}) {
                SocketAddress me;
                long start = System.nanoTime();
                try (SocketChannel channel = SocketChannel.open(sluice.address())) {
                    me = channel.getLocalAddress();
                    Wire client = new Wire(channel, 1, 2, SluiceRig.SMALL_BLOCK);
                    if (sent > 0 && !trySend(client, sent)) {
                        continue;
                    }
                    assertEquals(End.RESET, client.receiveAll());
                    assertEquals(0, client.received());
                }
                long millis = (System.nanoTime() - start) / 1_000_000;
                AccessLine line = sluice.awaitLog(0, me);
                assertEquals(cause, line.end(), line::text);
                assertEquals(0, line.up() + line.down(), line::text);
                assertEquals(Addresses.text(upstream), line.field("endpoint"));
                if (error != null) {
                    assertEquals(error, line.error(), line::text);
                } else {
                    assertTrue(millis >= CONNECT_TIMEOUT_MILLIS - 1, () -> "after " + millis + " ms");
                }
            }
            assertEquals(before, sluice.descriptors());
        }
    }

    /** The reset may come before all is sent. */
    private static boolean trySend(Wire client, int bytes) {
        try {
            client.send(bytes);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
