package dev.sluice.proxy.loop;

import dev.sluice.linux.Kernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * How many descriptors the process may still open (RLIMIT_NOFILE, getrlimit(2)). They are claimed as a number before they are opened,
 * so that a client that is accepted can be connected to an upstream as well, instead of being taken in and turned away. Without a claim,
 * a client waits in the backlog, and a flow copies.
 *
 * <p>From any thread: descriptors run out for the process as a whole.
 */
public final class DescriptorBudget {
    /** What the JVM and the rest of the process may open besides, at any moment: a file, a lookup, an epoll. */
    private static final int KEPT = 6;

    private final AtomicLong free;

    /**
     * @param most descriptors that may be claimed in all
     */
    public DescriptorBudget(long most) {
        free = new AtomicLong(most);
    }

    /** What this process may still open: its limit, less what is open now and a few for the process itself. */
    public static DescriptorBudget ofProcess(Kernel kernel) {
        long limit = kernel.getFileLimit(false);
        return new DescriptorBudget(limit == Long.MAX_VALUE ? limit : Math.max(0, limit - openNow() - KEPT));
    }

    private static long openNow() {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.count();
        } catch (IOException e) {
            return 0; // without proc(5) the kernel's own refusal must do
        }
    }

    /**
     * Claims descriptors before they are opened. What is refused hides nothing from others, not for a moment.
     *
     * @return false when there are not so many; then none is claimed
     */
    public boolean claim(int count) {
        long now = free.get();
        while (now >= count) {
            if (free.compareAndSet(now, now - count)) {
                return true;
            }
            now = free.get();
        }
        return false;
    }

    /** Gives back what was claimed, after the descriptors were closed or when they were not needed. */
    public void release(int count) {
        free.addAndGet(count);
    }

    /** Descriptors that can be claimed now. */
    public long available() {
        return free.get();
    }
}
