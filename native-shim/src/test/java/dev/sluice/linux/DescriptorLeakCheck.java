package dev.sluice.linux;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test class that leaves sockets, pipes, epolls or eventfds open. Files are not counted: the JVM opens them as it likes. */
final class DescriptorLeakCheck implements BeforeAllCallback, AfterAllCallback {
    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(DescriptorLeakCheck.class);
    private static final long PATIENCE_NANOS = 2_000_000_000;

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        context.getStore(NAMESPACE).put("before", open());
    }

    /** The JDK closes the pipes of a child that has ended by a thread of its own, a moment later. */
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

    /** Descriptor to what it is, for example {@code 12} to {@code socket:[4711]}. */
    private record Descriptors(TreeMap<Integer, String> targets) {}

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
