package dev.sluice.proxy.config;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Everything a proxy needs to start.
 *
 * @param threads event loops, 1 … 256
 * @param pipeSize bytes asked for each pipe, 4 KiB … 1 GiB; the kernel rounds up to a power of two pages and refuses the
 *     unprivileged more than /proc/sys/fs/pipe-max-size (pipe(7))
 * @param copyBuffer bytes of the buffer that the copy relay reads into, 1 KiB … 16 MiB
 * @param busyPoll how long a loop spins on epoll_wait(2) before it sleeps, 0 … 1 s; 0 = sleeps at once
 * @param listeners at least one, names unique
 * @param upstreams names unique, every listener's among them
 */
public record ProxyConfig(
        int threads,
        int pipeSize,
        int copyBuffer,
        Duration busyPoll,
        List<ListenerConfig> listeners,
        List<UpstreamConfig> upstreams) {

    public static final int DEFAULT_PIPE_SIZE = 256 << 10;
    public static final int DEFAULT_COPY_BUFFER = 64 << 10;
    public static final int MAX_THREADS = 256;
    public static final int MIN_PIPE_SIZE = 4 << 10;
    public static final int MAX_PIPE_SIZE = 1 << 30;
    public static final int MIN_COPY_BUFFER = 1 << 10;
    public static final int MAX_COPY_BUFFER = 16 << 20;

    /** The shortest a loop can spin, other than not at all. */
    public static final Duration MIN_BUSY_POLL = Duration.ofNanos(1000);

    /** The longest a loop can spin. */
    public static final Duration MAX_BUSY_POLL = Duration.ofSeconds(1);

    public ProxyConfig {
        listeners = List.copyOf(listeners);
        upstreams = List.copyOf(upstreams);
        Checks.range("threads", threads, 1, MAX_THREADS);
        Checks.range("pipe-size", pipeSize, MIN_PIPE_SIZE, MAX_PIPE_SIZE);
        Checks.range("copy-buffer", copyBuffer, MIN_COPY_BUFFER, MAX_COPY_BUFFER);
        Checks.durationOrZero("busy-poll", busyPoll, MIN_BUSY_POLL, MAX_BUSY_POLL);
        if (listeners.isEmpty()) {
            throw new IllegalArgumentException("there is no listener");
        }
        Set<String> names = new HashSet<>();
        for (UpstreamConfig upstream : upstreams) {
            if (!names.add(upstream.name())) {
                throw new IllegalArgumentException("two upstreams are named '" + upstream.name() + "'");
            }
        }
        Set<String> listenerNames = new HashSet<>();
        for (ListenerConfig listener : listeners) {
            if (!listenerNames.add(listener.name())) {
                throw new IllegalArgumentException("two listeners are named '" + listener.name() + "'");
            }
            if (!names.contains(listener.upstream())) {
                throw new IllegalArgumentException("listener '" + listener.name() + "' has no upstream: '"
                        + listener.upstream() + "' is not defined");
            }
        }
    }
}
