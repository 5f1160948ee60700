package dev.sluice.proxy.control;

import dev.sluice.linux.Address;
import dev.sluice.proxy.arrive.Preamble;
import dev.sluice.proxy.arrive.Route;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.listen.ListenSocket;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.relay.SessionPolicy;
import dev.sluice.proxy.stats.ListenerChange;
import dev.sluice.proxy.stats.ListenerSnapshot;
import dev.sluice.proxy.stats.ListenerStats;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.upstream.ConnectSettings;
import dev.sluice.proxy.upstream.Upstream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The listeners of the present configuration, and which of them listen: one whose upstream wants that (when-down: close-listener) does only
 * while somebody there takes its connections.
 *
 * <pre>
 *   listens ──nobody takes new sessions──▶ closed: what has connected is taken first, by the loops
 *      ▲                                     │
 *      └────────somebody does────────────────┘   and if the address is somebody else's by then, again and again, less and less often
 * </pre>
 *
 * <p>On control's thread, but for {@link #snapshot}.
 */
final class Listeners extends Timer {
    private static final long FIRST_RETRY_NANOS = 100_000_000;
    private static final long LAST_RETRY_NANOS = 5_000_000_000L;
    /** A listener that comes and goes is told of no oftener. */
    private static final long TELL_NANOS = 2_000_000_000L;

    private final EventLoop loop;
    private final ListenSockets sockets;
    private final ProxyObserver observer;
    private final int loops;
    /** Has all of them looked at, when that can be done. */
    private final Runnable look;

    private final Telling telling = new Telling();
    private List<Listener> listeners = List.of();
    private boolean someClose;
    /** What was followed last may have sockets that are bound only. */
    private boolean fresh;

    private long retryNanos = FIRST_RETRY_NANOS;

    /** For readers on other threads. */
    private volatile List<ListenerSnapshot> published = List.of();

    /** By name; of those that are gone, too, so that sums only grow. */
    private final Map<String, ListenerStats> stats = new ConcurrentHashMap<>();

    /**
     * @param loops how many loops there are
     * @param look is to call {@link #settle}, at once or when the loops have gone over to what was before
     */
    Listeners(EventLoop loop, ListenSockets sockets, ProxyObserver observer, int loops, Runnable look) {
        this.loop = loop;
        this.sockets = sockets;
        this.observer = observer;
        this.loops = loops;
        this.look = look;
    }

    /** One of them, in one configuration. */
    static final class Listener {
        private final ListenerConfig config;
        /** The same by the name that it has for people. */
        private final ListenerConfig shown;
        /** What it asks for, which its socket is kept by. */
        private final Address bind;
        /** What its socket is bound to, by the kernel's word; as it is asked for while there is none. */
        private final Address address;

        private final Upstream upstream;
        private final ConnectSettings connect;
        private final SessionPolicy policy;
        private final @Nullable Preamble preamble;
        private @Nullable Route route;
        /** What was told last; in the beginning, nothing was. */
        private boolean toldListening = true;

        private long toldAt;
        private boolean everTold;
        private boolean warned;
        private long failures;

        private Listener(ListenerConfig config, Address bind, Address address, Upstream upstream, UpstreamConfig of) {
            this.config = config;
            this.shown = config.calledAt(address.toString());
            this.bind = bind;
            this.address = address;
            this.upstream = upstream;
            this.policy = SessionPolicy.of(shown, upstream.tcp());
            this.connect = ConnectSettings.of(config.timeouts(), upstream.tcp(), of.sources());
            this.preamble = of.postgresCancel() ? Preamble.POSTGRES_CANCEL : null;
        }

        private boolean closes() {
            return upstream.whenDown().closesListeners();
        }

        /** Who is held for a paused upstream must be able to come. */
        private boolean isWanted() {
            return !closes() || upstream.isUp() || upstream.state().isPaused();
        }

        private boolean isSame(Listener other) {
            return bind.equals(other.bind) && config.name().equals(other.config.name());
        }

        private void inheritFrom(Listener before) {
            toldListening = before.toldListening;
            toldAt = before.toldAt;
            everTold = before.everTold;
            warned = before.warned;
            failures = before.failures;
        }

        private void open(ListenSocket socket, ListenerStats counted, int loops) {
            route = new Route(socket, policy, upstream, connect, preamble, counted, loops);
        }
    }

    /**
     * Works out what a configuration comes to. Nothing has changed yet.
     *
     * @param opened the socket of each listener, null of one that is closed
     * @param upstreams made of it, by name
     */
    List<Listener> plan(Resolved next, List<@Nullable ListenSocket> opened, Map<String, Upstream> upstreams) {
        Map<String, UpstreamConfig> configs =
                next.config().upstreams().stream().collect(Collectors.toMap(UpstreamConfig::name, Function.identity()));
        List<Listener> made = new ArrayList<>();
        for (int i = 0; i < opened.size(); i++) {
            ListenerConfig config = next.config().listeners().get(i);
            ListenSocket socket = opened.get(i);
            Upstream upstream = Objects.requireNonNull(upstreams.get(config.upstream()));
            Address bind = next.binds().get(i);
            UpstreamConfig of = Objects.requireNonNull(configs.get(config.upstream()));
            Listener listener = new Listener(config, bind, socket == null ? bind : socket.address(), upstream, of);
            if (socket != null) {
                listener.open(socket, stats(listener.shown.name()), loops);
            }
            listeners.stream().filter(listener::isSame).findFirst().ifPresent(listener::inheritFrom);
            made.add(listener);
        }
        return made;
    }

    private ListenerStats stats(String listener) {
        return stats.computeIfAbsent(listener, name -> new ListenerStats(name, loops));
    }

    /** What was counted for every listener that there was; from any thread. */
    List<ListenerStats> stats() {
        return List.copyOf(stats.values());
    }

    /** Goes over to it; {@link #settle} is next, before any loop goes by it: some may be bound only. */
    void follow(List<Listener> next) {
        listeners = next;
        fresh = true;
        someClose = next.stream().anyMatch(Listener::closes);
        retryNanos = FIRST_RETRY_NANOS;
        loop.cancel(this);
        publish();
    }

    /** What there are sockets for, one for each listener; null for one that is closed. */
    List<@Nullable ListenSocket> sockets() {
        List<@Nullable ListenSocket> all = new ArrayList<>();
        listeners.forEach(listener -> all.add(listener.route == null ? null : listener.route.socket()));
        return all;
    }

    /** Those that listen. */
    List<Route> routes() {
        List<Route> routes = new ArrayList<>();
        for (Listener listener : listeners) {
            if (listener.route != null) {
                routes.add(listener.route);
            }
        }
        return routes;
    }

    /** Another process had their sockets for a while. */
    void reclaim() {
        for (Listener listener : listeners) {
            if (listener.route != null) {
                sockets.reclaim(listener.route.socket(), listener.config);
            }
        }
    }

    /** An endpoint has another state, or an upstream is paused: all are looked at soon, when whatever it is that changes has changed. */
    void lookSoon() {
        if (someClose) {
            loop.schedule(this, loop.now());
        }
    }

    /** Something is amiss that may pass. */
    void lookLater() {
        loop.schedule(this, loop.now() + LAST_RETRY_NANOS);
    }

    @Override
    protected void onTimer(long now) {
        look.run();
    }

    /** None of them is looked at any more. */
    void stop() {
        loop.cancel(this);
        loop.cancel(telling);
        someClose = false;
    }

    /**
     * Sees to it that those listen that are to, and no others.
     *
     * @param gone is given sockets to be closed by the loop that accepts on them last
     * @return whether something has changed: all loops must hear of it
     */
    boolean settle(Consumer<ListenSocket> gone) {
        if (!someClose) {
            if (fresh) {
                fresh = false;
                tell(loop.now()); // some may have been closed by the configuration before
            }
            return false;
        }
        boolean changed = false;
        boolean failed = false;
        for (Listener listener : listeners) {
            Route route = listener.route;
            boolean wanted = listener.isWanted();
            if (wanted && (route == null || (fresh && listener.closes()))) {
                boolean bound = route != null;
                boolean listens = listen(listener, route, gone);
                failed |= !listens;
                changed |= listens != bound;
            } else if (!wanted && route != null) {
                shut(listener, route, gone);
                changed = true;
            }
        }
        fresh = false;
        if (failed) {
            loop.schedule(this, loop.now() + retryNanos);
            retryNanos = Math.min(2 * retryNanos, LAST_RETRY_NANOS);
        } else {
            retryNanos = FIRST_RETRY_NANOS;
        }
        publish();
        tell(loop.now());
        return changed;
    }

    private boolean listen(Listener listener, @Nullable Route route, Consumer<ListenSocket> gone) {
        try {
            ListenSocket bound = route == null ? null : route.socket();
            ListenSocket socket = sockets.listen(listener.config, listener.bind, bound);
            if (route == null) {
                listener.open(socket, stats(listener.shown.name()), loops);
            }
            listener.warned = false;
            return true;
        } catch (IOException e) {
            listener.failures++;
            if (!listener.warned) {
                listener.warned = true;
                observer.warning("listener " + listener.shown.name() + ": upstream " + listener.upstream.name()
                        + " is up, but " + e.getMessage() + "; it is tried again until it can");
            }
            if (route != null) {
                shut(listener, route, gone);
            }
            return false;
        }
    }

    private void shut(Listener listener, Route route, Consumer<ListenSocket> gone) {
        listener.route = null;
        gone.accept(sockets.shut(listener.config, listener.bind, route.socket()));
    }

    private void tell(long now) {
        boolean later = false;
        for (Listener listener : listeners) {
            boolean listening = listener.route != null;
            if (listening != listener.toldListening) {
                if (listener.everTold && now - listener.toldAt < TELL_NANOS) {
                    later = true;
                } else {
                    listener.everTold = true;
                    listener.toldAt = now;
                    listener.toldListening = listening;
                    observer.listenerChanged(new ListenerChange(
                            listener.shown.name(),
                            listener.address,
                            listener.upstream.name(),
                            listening,
                            listener.upstream.isUp()));
                }
            }
        }
        if (later) {
            loop.schedule(telling, now + TELL_NANOS);
        }
    }

    /** Tells of what was not told at once: if it is still so. */
    private final class Telling extends Timer {
        @Override
        protected void onTimer(long now) {
            tell(now);
        }
    }

    private void publish() {
        published = listeners.stream()
                .map(listener -> new ListenerSnapshot(
                        listener.shown, listener.address, listener.route != null, listener.failures))
                .toList();
    }

    /** What is known of each, in the order of the configuration; from any thread. */
    List<ListenerSnapshot> snapshot() {
        return published;
    }
}
