package dev.sluice.proxy.control;

import dev.sluice.proxy.config.EndpointSource;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.names.Resolver;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Follows the sources of endpoints that may change: names, services and files. On control's thread; lookups block, and are on a few
 * threads of their own.
 */
final class Names implements Followed.Owner {
    private static final int MOST_THREADS = 4;
    private static final Duration KEPT = Duration.ofSeconds(10);

    private record Key(String upstream, EndpointSource source) {}

    private final EventLoop loop;
    private final Resolver resolver;
    private final Followed.Listener listener;
    private final AtomicInteger threads = new AtomicInteger();
    private final Map<Key, Followed> followed = new HashMap<>();
    private @Nullable ThreadPoolExecutor pool;

    Names(EventLoop loop, Resolver resolver, Followed.Listener listener) {
        this.loop = loop;
        this.resolver = resolver;
        this.listener = listener;
    }

    /** Goes over to the sources of a configuration, which have just been looked up. */
    void follow(Resolved next) {
        drop(next);
        for (UpstreamConfig upstream : next.config().upstreams()) {
            Map<EndpointSource, Lookup> lookups = next.lookups().getOrDefault(upstream.name(), Map.of());
            lookups.forEach((source, lookup) -> {
                if (source.mayChange()) {
                    Key key = new Key(upstream.name(), source);
                    Question question = Question.of(upstream, source);
                    followed.computeIfAbsent(key, each -> new Followed(upstream.name(), question, this))
                            .configured(question, lookup);
                }
            });
        }
    }

    /**
     * Follows what is in there, with what is known of it, and nothing else: a name that has come with a list may have been let go of, when
     * something else was gone over to before that list.
     */
    void retain(Resolved next) {
        drop(next);
        next.config()
                .upstreams()
                .forEach(upstream -> next.lookups()
                        .getOrDefault(upstream.name(), Map.of())
                        .forEach((source, lookup) -> {
                            if (source.mayChange() && !followed.containsKey(new Key(upstream.name(), source))) {
                                named(upstream.name(), Question.of(upstream, source), lookup);
                            }
                        }));
    }

    private void drop(Resolved next) {
        followed.entrySet().removeIf(entry -> {
            Key key = entry.getKey();
            boolean gone =
                    !next.lookups().getOrDefault(key.upstream(), Map.of()).containsKey(key.source());
            if (gone) {
                entry.getValue().leave();
            }
            return gone;
        });
    }

    /** Asks nobody any more. */
    void stop() {
        followed.values().forEach(Followed::leave);
        followed.clear();
        if (pool != null) {
            pool.shutdownNow();
        }
    }

    @Override
    public EventLoop loop() {
        return loop;
    }

    @Override
    public Resolver resolver() {
        return resolver;
    }

    @Override
    public Followed.Listener listener() {
        return listener;
    }

    @Override
    public void named(String upstream, Question question, Lookup lookup) {
        followed.computeIfAbsent(new Key(upstream, question.source()), each -> new Followed(upstream, question, this))
                .found(lookup);
    }

    @Override
    public void execute(Runnable lookup) {
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
        pool.execute(lookup);
    }
}
