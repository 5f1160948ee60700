package dev.sluice.cli.demo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** Streams that fetch as much as they can until they are closed. */
final class Bulk implements AutoCloseable {
    private static final long ENDLESS = 1L << 60;
    private static final int BUFFER = 256 << 10;
    private static final long JOIN_MILLIS = 5_000;

    private final List<SocketChannel> connections = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final LongAdder received = new LongAdder();

    /** Connects all streams and begins. */
    Bulk(int port, int streams) throws IOException {
        try {
            for (int i = 0; i < streams; i++) {
                SocketChannel connection =
                        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                connections.add(connection);
                threads.add(Thread.ofPlatform().name("demo-client").daemon().start(() -> fetch(connection)));
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /** Bytes so far, of all streams. */
    long received() {
        return received.sum();
    }

    private void fetch(SocketChannel connection) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
        try {
            Head.write(connection, "GET /bytes/" + ENDLESS + " HTTP/1.1", "Host: demo");
            for (int count = connection.read(buffer); count >= 0; count = connection.read(buffer)) {
                received.add(count);
                buffer.clear();
            }
        } catch (IOException e) {
            // Closed, by us or because the proxy is; the count tells.
        }
    }

    @Override
    public void close() throws IOException {
        for (SocketChannel connection : connections) {
            connection.close();
        }
        for (Thread thread : threads) {
            try {
                thread.join(JOIN_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
