package dev.sluice.proxy.control;

import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.control.Resolved.Lookup;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.names.Resolver;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Looks the names of endpoints up again: when an answer is no longer good, and when an endpoint cannot be connected to. What does not
 * resolve keeps its last answer, and is asked for again, less and less often. On control's thread; lookups block, and are on a few threads
 * of their own.
 */
final class Names {
    /** Is told what follows, on control's thread. */
    interface Listener {
        /** A name has other addresses than before. */
        void changed(String upstream, Lookup lookup);

        /** How many attempts to connect to the endpoints of a name have failed so far. */
        long failures(String upstream, EndpointAddress endpoint);

        /** Something an operator should know. */
        void warn(String text);
    }

    /** No name is asked for more often, or more seldom, than this; whatever is said of how long an answer is good. */
    static final long LEAST_NANOS = 1_000_000_000;

    static final long MOST_NANOS = 60_000_000_000L;

    private static final int MOST_THREADS = 4;
    private static final Duration KEPT = Duration.ofSeconds(10);

    private record Key(String upstream, EndpointAddress endpoint) {}

    private final EventLoop loop;
    private final Resolver resolver;
    private final Listener listener;
    private final AtomicInteger threads = new AtomicInteger();
    private Map<Key, Name> names = Map.of();
    private @Nullable ThreadPoolExecutor pool;

    Names(EventLoop loop, Resolver resolver, Listener listener) {
        this.loop = loop;
        this.resolver = resolver;
        this.listener = listener;
    }

    /** Goes over to the names of a configuration, which have just been looked up. */
    void follow(Resolved next) {
        Map<Key, Name> wanted = new HashMap<>();
        next.lookups().forEach((upstream, lookups) -> {
            for (Lookup lookup : lookups) {
                Key key = new Key(upstream, lookup.endpoint());
                if (lookup.endpoint().isName() && !wanted.containsKey(key)) {
                    Name name = names.getOrDefault(key, new Name(key));
                    wanted.put(key, name);
                    name.found(lookup);
                }
            }
        });
        names.forEach((key, name) -> {
            if (!wanted.containsKey(key)) {
                loop.cancel(name);
            }
        });
        names = wanted;
    }

    /** Asks nobody any more. */
    void stop() {
        names.values().forEach(loop::cancel);
        names = Map.of();
        if (pool != null) {
            pool.shutdownNow();
        }
    }

    private ThreadPoolExecutor pool() {
        if (pool == null) {
            pool = new ThreadPoolExecutor(
                    MOST_THREADS,
                    MOST_THREADS,
                    KEPT.toSeconds(),
                    TimeUnit.SECONDS,
                    new LinkedBlockingQueue<>(),
                    task -> {
                        Thread thread = new Thread(task, "sluice-names-" + threads.incrementAndGet());
                        thread.setDaemon(true);
                        return thread;
                    });
            pool.allowCoreThreadTimeOut(true);
        }
        return pool;
    }

    /** One name in one upstream. */
    private final class Name extends Timer {
        private final Key key;
        private Lookup last;
        private boolean asking;
        private boolean missing;
        private long due;
        private long retryNanos = LEAST_NANOS;
        private long failures;

        Name(Key key) {
            this.key = key;
            this.last = Lookup.failed(key.endpoint(), "not asked for yet");
        }

        /** An answer, or that there is none. */
        void found(Lookup lookup) {
            long now = loop.now();
            String problem = lookup.problem();
            if (problem == null) {
                if (missing) {
                    missing = false;
                    listener.warn(of() + " resolves again");
                }
                last = lookup;
                retryNanos = LEAST_NANOS;
                due = now + Math.clamp(nanos(lookup.goodFor()), LEAST_NANOS, MOST_NANOS);
            } else {
                if (!missing) {
                    missing = true;
                    listener.warn(of() + ": " + problem + "; "
                            + (last.addresses().isEmpty()
                                    ? "it is down until it does"
                                    : "it goes on with its last addresses"));
                }
                due = now + retryNanos;
                retryNanos = Math.min(2 * retryNanos, MOST_NANOS);
            }
            failures = listener.failures(key.upstream(), key.endpoint());
            look(now);
        }

        private String of() {
            return "upstream " + key.upstream() + ": " + key.endpoint();
        }

        /** Looks again in a second, whether it is due or its endpoints fail. */
        private void look(long now) {
            loop.schedule(this, now + LEAST_NANOS);
        }

        @Override
        protected void onTimer(long now) {
            look(now); // first: whatever is thrown here, there is a next time
            boolean failing = listener.failures(key.upstream(), key.endpoint()) != failures;
            if (!asking && (failing || now - due >= 0)) {
                pool().execute(this::ask);
                asking = true;
            }
        }

        /** On a thread of the pool. */
        private void ask() {
            Lookup lookup;
            try {
                lookup = Lookup.of(key.endpoint(), resolver);
            } catch (RuntimeException | Error e) { // else it would never be asked for again
                lookup = Lookup.failed(key.endpoint(), "the host cannot be looked up (" + e + ")");
            }
            Lookup answer = lookup;
            loop.post(() -> answered(answer));
        }

        @SuppressWarnings("ReferenceEquality") // a name that came back is another one
        private void answered(Lookup lookup) {
            asking = false;
            if (names.get(key) != this) {
                return;
            }
            // Servers turn the order of addresses, so that clients spread.
            boolean other = lookup.problem() == null
                    && !new HashSet<>(lookup.addresses()).equals(new HashSet<>(last.addresses()));
            found(lookup);
            if (other) {
                listener.changed(key.upstream(), lookup);
            }
        }
    }

    private static long nanos(Duration duration) {
        return duration.compareTo(Duration.ofNanos(MOST_NANOS)) > 0 ? MOST_NANOS : duration.toNanos();
    }
}
