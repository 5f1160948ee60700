package dev.sluice.tests.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test class that leaves processes, sockets or pipes of its own behind. JUnit finds it by META-INF/services, so that no
 * class can forget it. What a proxy leaves open of its sessions is {@link SluiceProcess#close}'s to see.
 */
public final class LeakCheck implements BeforeAllCallback, AfterAllCallback {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(LeakCheck.class);
    /** Threads that end after their test may take a moment to close what they have, and the JDK keeps HTTP connections for 5 s. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    /** For JUnit. */
    public LeakCheck() {}

    /** By what it is, for example {@code socket:[4711]} or {@code process 815}; and what more there is to say of it. */
    record Held(Map<String, String> all) {
        static Held now() throws IOException {
            Map<String, String> all = new TreeMap<>();
            Descriptors.targets(ProcessHandle.current().pid()).forEach((descriptor, target) -> {
                if (target.startsWith("socket:") || target.startsWith("pipe:")) {
                    all.put(target, "descriptor " + descriptor);
                }
            });
            ProcessHandle.current()
                    .descendants()
                    .filter(ProcessHandle::isAlive)
                    .forEach(process ->
                            all.put("process " + process.pid(), process.info().toString()));
            return new Held(all);
        }

        /** What is held now and was not then. */
        Map<String, String> heldSince() throws IOException {
            Map<String, String> now = now().all;
            now.keySet().removeAll(all.keySet());
            return now;
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        // The JDK opens a few sockets of its own with the first connection, and keeps them.
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            SocketChannel.open(server.getLocalAddress()).close();
            server.accept().close();
        }
        context.getStore(NAMESPACE).put("before", Held.now());
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        Held before = context.getStore(NAMESPACE).get("before", Held.class);
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            Map<String, String> left = before.heldSince();
            if (left.isEmpty()) {
                return;
            }
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("left behind: " + left);
            }
            Thread.sleep(20);
        }
    }
}
