package dev.sluice.proxy.testkit;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test class that leaves sockets, pipes, epolls, eventfds or loops behind. Files are not counted: the JVM opens them as it likes. */
@SuppressWarnings({"exports", "missing-explicit-ctor"}) // a test's, and no API
public final class LeakCheck implements BeforeAllCallback, AfterAllCallback {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(LeakCheck.class);
    /** A thread that ends after its test may take a moment to close what it has: so does the JDK's with the pipes of a child. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    static {
        try {
            new ServerSocket(0).close(); // the JDK keeps a socket for itself from its first one on
        } catch (IOException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Descriptor to what it is, for example {@code 12} to {@code socket:[4711]}. */
    public record Descriptors(Map<Integer, String> targets) {
        public static Descriptors open() {
            Map<Integer, String> targets = new TreeMap<>();
            try (DirectoryStream<Path> links = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
                for (Path link : links) {
                    try {
                        String target = Files.readSymbolicLink(link).toString();
                        if (!target.startsWith("/")) {
                            targets.put(Integer.valueOf(link.getFileName().toString()), target);
                        }
                    } catch (IOException gone) {
                        // Closed since it was listed.
                    }
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            return new Descriptors(targets);
        }

        /** What is open now and was not then. */
        public Map<Integer, String> openedSince() {
            Map<Integer, String> now = open().targets();
            now.entrySet().removeAll(targets.entrySet());
            return now;
        }

        /** The same, empty as soon as nothing is: threads and servers of a test's own may take a moment to close what they have. */
        public Map<Integer, String> leftOpen() {
            return settled(this::openedSince, Map::isEmpty);
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        context.getStore(NAMESPACE).put("before", Descriptors.open());
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Descriptors before = context.getStore(NAMESPACE).get("before", Descriptors.class);
        Set<String> loops = settled(LeakCheck::loops, Set::isEmpty);
        Map<Integer, String> open = before.leftOpen();
        if (!open.isEmpty() || !loops.isEmpty()) {
            throw new AssertionError("left open: " + open + ", left running: " + loops);
        }
    }

    /** What there is as soon as it is nothing, or after a while. */
    private static <T> T settled(Supplier<T> what, Predicate<T> isNothing) {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            T now = what.get();
            if (isNothing.test(now) || System.nanoTime() - end > 0) {
                return now;
            }
            ProxyRig.pause(5);
        }
    }

    private static Set<String> loops() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("sluice-"))
                .collect(Collectors.toSet());
    }
}
