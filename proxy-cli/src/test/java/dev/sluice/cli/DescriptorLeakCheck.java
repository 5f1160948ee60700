package dev.sluice.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test class that leaves sockets, pipes, epolls or eventfds open. Files are not counted: the JVM opens them as it likes. */
public final class DescriptorLeakCheck implements BeforeAllCallback, AfterAllCallback {
    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(DescriptorLeakCheck.class);
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    /** Descriptor to what it is, for example {@code 12} to {@code socket:[4711]}. */
    private record Descriptors(TreeMap<Integer, String> targets) {}

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        // The JDK opens a few sockets of its own with the first connection, and keeps them.
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            SocketChannel.open(server.getLocalAddress()).close();
            server.accept().close();
        }
        context.getStore(NAMESPACE).put("before", open());
    }

    /** Threads that end after their test may take a moment to close what they have. */
    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        Descriptors before = context.getStore(NAMESPACE).get("before", Descriptors.class);
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            Descriptors left = open();
            left.targets().entrySet().removeAll(before.targets().entrySet());
            if (left.targets().isEmpty()) {
                return;
            }
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("left open: " + left.targets());
            }
            Thread.sleep(20);
        }
    }

    private static Descriptors open() throws IOException {
        TreeMap<Integer, String> targets = new TreeMap<>();
        try (DirectoryStream<Path> links = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path link : links) {
                try {
                    String target = Files.readSymbolicLink(link).toString();
                    if (!target.startsWith("/")) {
                        targets.put(Integer.parseInt(link.getFileName().toString()), target);
                    }
                } catch (IOException gone) {
                    // Closed since it was listed.
                }
            }
        }
        return new Descriptors(targets);
    }
}
