package dev.sluice.tests.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * A proxy, the servers behind it, and connections through it: from every family to every family. When it is closed, the proxy must
 * hold no more than at the start, and must have logged a line for every connection.
 */
public final class SluiceRig implements AutoCloseable {
    /** Loops of the proxy. */
    public static final int THREADS = 2;

    /** The kernel makes the least of it that it allows, some 2 KiB (tcp(7), tcp_rmem). */
    private static final int LITTLE = 1;

    public static final int BIG_BLOCK = 64 << 10;
    public static final int SMALL_BLOCK = 4 << 10;

    /** From where to where, in the order of the listeners. */
    private record Route(Family client, Family upstream) {}

    private static final List<Route> ROUTES = Stream.of(Family.values())
            .flatMap(client -> Stream.of(Family.values()).map(upstream -> new Route(client, upstream)))
            .toList();

    private static final AtomicLong TAGS = new AtomicLong();

    private final Relay relay;
    private final Path folder;
    private final Map<Family, ServerSocketChannel> servers;
    private final ServerSocketChannel littleServer;
    private final SluiceProcess sluice;
    private final AtomicInteger connections = new AtomicInteger();
    public final Workers workers = new Workers();

    private SluiceRig(
            Relay relay,
            Path folder,
            Map<Family, ServerSocketChannel> servers,
            ServerSocketChannel littleServer,
            SluiceProcess sluice) {
        this.relay = relay;
        this.folder = folder;
        this.servers = servers;
        this.littleServer = littleServer;
        this.sluice = sluice;
    }

    /** Starts a proxy with a listener for each pair of families. */
    public static SluiceRig start(Relay relay, String... flags) {
        try {
            Path folder = Files.createTempDirectory("sluice");
            Map<Family, ServerSocketChannel> servers = new EnumMap<>(Family.class);
            List<String> words = new ArrayList<>(List.of(flags));
            words.addAll(List.of("--relay", relay.word(), "--threads", Integer.toString(THREADS)));
            for (Family upstream : Family.values()) {
                servers.put(upstream, upstream.listen(folder));
            }
            for (Route route : ROUTES) {
                SocketAddress server = server(servers, route.upstream).getLocalAddress();
                words.addAll(List.of("--listen", route.client.anyAddress(folder), "--to", Addresses.text(server)));
            }
            // Only what is set before a connection is there makes no sender wait for timers: so a server of its own.
            ServerSocketChannel little = Family.V4.listen(folder);
            little.setOption(StandardSocketOptions.SO_RCVBUF, LITTLE);
            words.addAll(List.of("--listen", "127.0.0.1:0", "--to", Addresses.text(little.getLocalAddress())));
            return new SluiceRig(relay, folder, servers, little, SluiceProcess.run(words.toArray(String[]::new)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Relay relay() {
        return relay;
    }

    public SluiceProcess sluice() {
        return sluice;
    }

    private static ServerSocketChannel server(Map<Family, ServerSocketChannel> servers, Family family) {
        ServerSocketChannel server = servers.get(family);
        if (server == null) {
            throw new AssertionError("no server: " + family);
        }
        return server;
    }

    /** What a server does with a connection. */
    @FunctionalInterface
    public interface Service {
        void answer(SocketChannel channel) throws IOException;
    }

    /** Serves all connections from now on, each on a thread of its own. */
    public void serve(Service service) {
        for (ServerSocketChannel server : servers.values()) {
            workers.attend(() -> {
                while (true) {
                    SocketChannel channel = server.accept();
                    workers.attend(() -> service.answer(channel));
                }
            });
        }
    }

    /** Connects a client, and counts it. */
    public SocketChannel connect(Family client, Family upstream) throws IOException {
        SocketChannel channel = SocketChannel.open(sluice.address(ROUTES.indexOf(new Route(client, upstream))));
        connections.incrementAndGet();
        return channel;
    }

    /** How many clients have connected so far. */
    public int connections() {
        return connections.get();
    }

    public Link open() throws IOException {
        return open(Family.V4, Family.V4);
    }

    /** A connection through the proxy, both ends of it. Not for several threads at once. */
    public Link open(Family client, Family upstream) throws IOException {
        return open(client, upstream, BIG_BLOCK);
    }

    public Link open(Family client, Family upstream, int blockSize) throws IOException {
        int logged = sluice.logged();
        SocketChannel near = connect(client, upstream);
        return link(logged, client, near, server(servers, upstream).accept(), blockSize);
    }

    /**
     * A connection whose client has said all it has to say before the proxy sees that it is there.
     *
     * @param says what the client does while the proxy stands still
     */
    public Link openBehindItsBack(Family client, Family upstream, Farewell says)
            throws IOException, InterruptedException {
        int logged = sluice.logged();
        sluice.pause();
        try {
            SocketChannel near = connect(client, upstream);
            long up = TAGS.incrementAndGet();
            long down = TAGS.incrementAndGet();
            SocketAddress address = near.getLocalAddress();
            Wire wire = new Wire(near, up, down, BIG_BLOCK);
            says.say(wire);
            sluice.goOn();
            Wire far = new Wire(server(servers, upstream).accept(), down, up, BIG_BLOCK);
            return new Link(this, logged, client, address, wire, far);
        } finally {
            sluice.goOn();
        }
    }

    /** What a client does. */
    @FunctionalInterface
    public interface Farewell {
        void say(Wire client) throws IOException, InterruptedException;
    }

    /** A connection both of whose ends receive into tiny buffers. */
    public Link openWithLittleBuffers() throws IOException {
        int logged = sluice.logged();
        SocketChannel near = SocketChannel.open(StandardProtocolFamily.INET);
        near.setOption(StandardSocketOptions.SO_RCVBUF, LITTLE);
        near.connect(sluice.address(ROUTES.size()));
        connections.incrementAndGet();
        return link(logged, Family.V4, near, littleServer.accept(), BIG_BLOCK);
    }

    private Link link(int logged, Family client, SocketChannel near, SocketChannel far, int blockSize)
            throws IOException {
        long up = TAGS.incrementAndGet();
        long down = TAGS.incrementAndGet();
        SocketAddress address = near.getLocalAddress();
        return new Link(
                this, logged, client, address, new Wire(near, up, down, blockSize), new Wire(far, down, up, blockSize));
    }

    /**
     * A connection through the proxy.
     *
     * @param logged lines that the access log had before
     */
    public record Link(
            SluiceRig rig, int logged, Family family, SocketAddress clientAddress, Wire client, Wire upstream)
            implements Closeable {
        /** The line that the access log has for it. A unix client has no name: its line must be the last one. */
        public AccessLine log() {
            if (family.isTcp()) {
                return rig.sluice.awaitLog(logged, clientAddress);
            }
            return rig.sluice.awaitLog(0, rig.connections()).getLast();
        }

        @Override
        public void close() throws IOException {
            client.close();
            upstream.close();
        }
    }

    /** Waits until all connections have ended, and fails unless they have left nothing behind. */
    public List<AccessLine> settle() {
        List<AccessLine> lines = sluice.awaitLog(0, connections());
        assertEquals(connections(), lines.size(), "lines of the access log");
        lines.forEach(line -> assertEquals(relay.word(), line.field("relay"), line::text));
        sluice.awaitNothingLeftOpen();
        return lines;
    }

    @Override
    public void close() throws IOException {
        try (sluice) {
            workers.close();
            settle();
            assertEquals(0, sluice.terminate(), sluice::toString);
        } finally {
            littleServer.close();
            for (ServerSocketChannel server : servers.values()) {
                server.close();
            }
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
