package dev.sluice.proxy;

import dev.sluice.linux.Address;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.proxy.config.Activation;
import dev.sluice.proxy.config.AdminState;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.control.ControlThread;
import dev.sluice.proxy.control.Refusal;
import dev.sluice.proxy.control.Resolved;
import dev.sluice.proxy.listen.ListenSocket;
import dev.sluice.proxy.names.Resolver;
import dev.sluice.proxy.roles.Roles;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.stats.ListenerStats;
import dev.sluice.proxy.stats.LiveSession;
import dev.sluice.proxy.stats.LoopStats;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.ProxySnapshot;
import dev.sluice.proxy.stats.Sample;
import dev.sluice.proxy.stats.SessionId;
import dev.sluice.proxy.stats.SessionQuery;
import dev.sluice.proxy.stats.UpstreamSnapshot;
import dev.sluice.proxy.takeover.ByHand;
import dev.sluice.proxy.takeover.OfferedSocket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A running proxy. Its methods may be called from any thread but those of its own loops.
 */
public final class Proxy implements AutoCloseable {
    /** A loop that takes longer is told of as it was. */
    private static final Duration SAMPLE_PATIENCE = Duration.ofMillis(250);

    private final ControlThread control;
    private final Resolver resolver;
    /** Held by who applies a configuration, the lookup of names included; what stops the proxy does not wait for that. */
    private final Object applying = new Object();

    private @Nullable Succession succession;
    /** Changed under the lock. */
    private volatile boolean draining;

    /** {@link System#nanoTime}; null as long as nobody waits for the sessions to end. */
    private volatile @Nullable Long drainUntil;

    private boolean closed;
    /** A successor has been given the sockets, and has not confirmed yet. */
    private boolean succeeding;

    private Proxy(ControlThread control, Resolver resolver) {
        this.control = control;
        this.resolver = resolver;
    }

    /**
     * Starts a proxy: when this returns, every listener accepts.
     *
     * @param observer is told of ended sessions and warnings, on the loops' threads
     * @throws ProxyStartException when an address cannot be bound, a host does not resolve, or descriptors run out; nothing is
     *     left behind
     */
    public static Proxy start(ProxyConfig config, ProxyObserver observer) throws ProxyStartException {
        return start(config, observer, null);
    }

    /**
     * The same as one of a line: takes the listening sockets over from the proxy that runs, which accepts until every listener accepts
     * here, and hands them on to the next.
     *
     * @param takeover null: a proxy by itself
     * @throws ProxyStartException also when a proxy runs that cannot be taken over; it goes on as it was
     */
    public static Proxy start(ProxyConfig config, ProxyObserver observer, @Nullable Takeover takeover)
            throws ProxyStartException {
        return start(config, observer, Resolver::system, takeover);
    }

    /**
     * The same with another way to look names up. A name of an endpoint that does not resolve is no reason not to start: there is a
     * warning, and the endpoint is down until it does.
     *
     * @param resolver is called on threads that may block
     */
    public static Proxy start(
            ProxyConfig config, ProxyObserver observer, Resolver resolver, @Nullable Takeover takeover)
            throws ProxyStartException {
        return start(config, observer, resolver, Roles.NONE, Activation.NONE, takeover);
    }

    /**
     * The same with somebody who asks database servers for their roles, without whom an endpoint whose check needs that is down, and with
     * listening sockets that were passed on to this process.
     *
     * @param roles is called on control's thread, and its clients on threads that may block
     * @param activation those that listeners may have
     */
    public static Proxy start(
            ProxyConfig config,
            ProxyObserver observer,
            Resolver resolver,
            Roles roles,
            Activation activation,
            @Nullable Takeover takeover)
            throws ProxyStartException {
        return start(config, observer, LinuxKernel::open, resolver, roles, activation, takeover);
    }

    /**
     * @param kernels gives each thread that asks a kernel of its own
     */
    static Proxy start(
            ProxyConfig config,
            ProxyObserver observer,
            Supplier<Kernel> kernels,
            Resolver resolver,
            Roles roles,
            Activation activation,
            @Nullable Takeover takeover)
            throws ProxyStartException {
        try {
            ControlThread control = ControlThread.start(config, observer, kernels, resolver, roles, activation);
            boolean started = false;
            Succession succession = takeover == null ? null : new Succession(takeover, observer, kernels, control);
            try {
                Resolved first = Resolved.of(config, resolver);
                if (succession == null) {
                    control.apply(first);
                } else {
                    succession.begin(first);
                }
                Proxy proxy = new Proxy(control, resolver);
                proxy.succession = succession;
                if (succession != null) {
                    succession.serve(proxy.new Heritage());
                }
                started = true;
                return proxy;
            } finally {
                if (!started) {
                    if (succession != null) {
                        succession.close();
                    }
                    control.stopAccepting();
                    control.close();
                }
            }
        } catch (Refusal | KernelException e) {
            throw new ProxyStartException(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Goes over to another configuration, whole or not at all: listeners and endpoints that stay keep their sockets, sessions and
     * counters, and no connection is refused or lost. Live sessions keep the policy that they started with. Blocks until every
     * loop goes by it.
     *
     * @throws ApplyException when it cannot be applied: an address cannot be bound, a host does not resolve, or something would change
     *     that needs a restart (loops, buffers)
     */
    public void apply(ProxyConfig config) throws ApplyException {
        try {
            synchronized (applying) {
                apply(Resolved.of(config, resolver));
            }
        } catch (Refusal e) {
            throw new ApplyException(String.valueOf(e.getMessage()));
        }
    }

    private synchronized void apply(Resolved next) throws Refusal {
        if (draining) {
            throw new Refusal("the proxy is draining: nothing is applied any more");
        }
        if (succeeding) {
            throw new Refusal("another process is taking over at this moment: nothing is applied meanwhile");
        }
        control.apply(next);
    }

    /**
     * Holds new connections to an upstream, whatever its endpoints do: their bytes stay in the kernel until {@link #resume}, for the connect
     * deadline of their listener at most. Sessions go on.
     *
     * @throws ApplyException when there is no such upstream
     */
    public void pause(String upstream) throws ApplyException {
        pause(upstream, true);
    }

    /**
     * Lets the connections of a paused upstream go on.
     *
     * @throws ApplyException when there is no such upstream
     */
    public void resume(String upstream) throws ApplyException {
        pause(upstream, false);
    }

    private void pause(String upstream, boolean on) throws ApplyException {
        try {
            control.pause(upstream, on);
        } catch (Refusal e) {
            throw new ApplyException(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Ends some sessions of an upstream with a reset, whichever they are, so that their clients connect anew and new endpoints get their
     * share.
     *
     * @param fraction of them, 0 … 1
     * @return how many have ended
     * @throws ApplyException when there is no such upstream
     * @throws IllegalArgumentException when the fraction is out of range
     */
    public int rebalance(String upstream, double fraction) throws ApplyException {
        if (!(fraction >= 0 && fraction <= 1)) {
            throw new IllegalArgumentException("fraction is out of range: 0 to 1, not " + fraction);
        }
        try {
            return control.rebalance(upstream, fraction);
        } catch (Refusal e) {
            throw new ApplyException(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Whether every loop still turns: a letter goes to each of them, and comes back.
     *
     * @param timeout how long to wait at most
     * @return the names of those from which nothing came back in time; none, when all is well
     */
    public List<String> silentLoops(Duration timeout) throws InterruptedException {
        return control.silent(timeout);
    }

    /**
     * Sessions that live, and connections that are on their way to become one: those that somebody wants to see, in his order.
     *
     * @param timeout how long to wait at most
     * @throws TimeoutException when a loop has not answered by then, with its name: there is no half an answer
     * @throws IllegalStateException when a loop could not make out its answer, for want of memory say
     */
    public List<LiveSession> sessions(SessionQuery query, Duration timeout)
            throws InterruptedException, TimeoutException {
        return control.live().list(query, timeout);
    }

    /**
     * Ends a session with a reset to both sides.
     *
     * @param id as {@link SessionId} has it
     * @param timeout how long to wait at most
     * @return false when there is none of this id, any more
     * @throws TimeoutException when its loop has not answered by then; it may end all the same
     */
    public boolean closeSession(long id, Duration timeout) throws InterruptedException, TimeoutException {
        return control.live().close(id, timeout);
    }

    /**
     * Has each loop ask the kernel about some of its sessions ({@link EndpointSnapshot#path}), others each time, and say what it has. That
     * is done once a second at most, and a loop that does not answer soon is told of as it was.
     */
    public Sample sample() {
        return sample(SAMPLE_PATIENCE);
    }

    /**
     * The same.
     *
     * @param patience how long to wait for a loop before it is silent
     */
    public Sample sample(Duration patience) {
        return control.live().sample(patience);
    }

    /** Whether it accepts nothing new any more. */
    public boolean isDraining() {
        return draining;
    }

    /** Leaves descriptors to something else in this process, for ever: sessions do without them. */
    public void reserve(int descriptors) {
        control.claim(descriptors);
    }

    /** What was counted for every listener that there was since the start, by name. */
    public List<ListenerStats> listenerStats() {
        return control.listenerStats();
    }

    /** What each data loop counted, by its index. */
    public List<LoopStats> loopStats() {
        return control.stats();
    }

    /** The upstreams of now, by name. */
    public List<UpstreamSnapshot> upstreams() {
        return control.upstreams();
    }

    /** What it listens on, in the order of the configuration. */
    public List<BoundListener> listeners() {
        return control.listeners().stream()
                .map(now -> new BoundListener(now.config(), now.address(), now.listening(), now.failures()))
                .toList();
    }

    /** The counters of now. */
    public ProxySnapshot snapshot() {
        return new ProxySnapshot(control.stats(), control.listenerStats());
    }

    /**
     * The endpoints of now: those of the configuration, also those without an address, and those that were removed and still have
     * sessions.
     */
    public List<EndpointSnapshot> endpoints() {
        return control.endpoints();
    }

    /**
     * Sets an endpoint by hand; {@link AdminState#NONE} leaves it to its checks again. That stays so when another configuration is
     * applied, as long as the endpoint is in it.
     *
     * @param address as {@link #endpoints} has it
     * @throws java.util.NoSuchElementException when there is no such endpoint, with those that there are
     * @throws IllegalStateException when the proxy is closed, or a successor is taking over at this moment
     */
    public void endpoint(String upstream, Address address, AdminState state) {
        endpoint(upstream, address, state, false);
    }

    /**
     * The same.
     *
     * @param close whether its sessions end when it is set down, even if its upstream keeps them
     */
    public void endpoint(String upstream, Address address, AdminState state, boolean close) {
        control.byHand(upstream, address, state, close);
    }

    /**
     * Tells when there has been no connection for so long, counted from the end of the last one: not before there has been one, but
     * from a takeover on in any case. A connection that is held is one. It is told again as often as that is so, until
     * {@link #stopIfIdle} has stopped it.
     *
     * @param time how long; zero = never
     * @param told is run on a loop's thread: it must not block, nor call this proxy
     */
    public void whenIdle(Duration time, Runnable told) {
        control.whenIdle(time, told);
    }

    /**
     * Stops accepting if it is still so that there has been no connection for as long as {@link #whenIdle} says. Who connects meanwhile is
     * taken, and a session as any: {@link #drain} waits for it.
     *
     * @return whether it accepts nothing any more; false as well while a successor is taking over
     */
    public boolean stopIfIdle() {
        synchronized (this) {
            if (draining || succeeding) {
                return false;
            }
            try {
                draining = control.stopIfIdle();
            } catch (Refusal e) {
                return false; // control has died, and so does the process
            }
            return draining;
        }
    }

    /**
     * Stops accepting and waits for the sessions to end. New connections are refused from here on, or wait for the next process where the
     * socket was passed on to this one.
     *
     * @param timeout how long to wait at most; zero only looks, and says nothing of how long the sessions have
     * @return whether all have ended
     */
    public boolean drain(Duration timeout) throws InterruptedException {
        drainUntil = timeout.isZero() ? null : (Long) (System.nanoTime() + timeout.toNanos());
        endSuccession();
        stopAccepting();
        return control.awaitIdle(timeout);
    }

    /** How much longer {@link #drain} waits at most, ≥ 0; null when it does not wait. */
    public @Nullable Duration drainLeft() {
        Long until = drainUntil;
        return until == null ? null : Duration.ofNanos(Math.max(0, until - System.nanoTime()));
    }

    private synchronized void stopAccepting() {
        if (!draining) {
            draining = true;
            control.stopAccepting();
        }
    }

    /** Stops accepting, cuts the sessions that are left with a reset, and waits for the loops to end. */
    @Override
    public void close() {
        endSuccession();
        synchronized (this) {
            if (!closed) {
                closed = true;
                stopAccepting();
                control.close();
            }
        }
    }

    /** Not under the lock: it waits for a thread that may want it. */
    private void endSuccession() {
        Succession ending = succession;
        if (ending != null) {
            ending.close();
        }
    }

    /** What a successor gets, and when. */
    private final class Heritage implements Succession.Host {
        @Override
        public List<OfferedSocket> offer() throws Refusal {
            synchronized (Proxy.this) {
                checkServes();
                List<OfferedSocket> offered = control.offer();
                succeeding = true;
                return offered;
            }
        }

        @Override
        public List<ByHand> byHand() throws Refusal {
            return control.byHand();
        }

        @Override
        public void cede(Set<ListenSocket> taken) throws Refusal {
            synchronized (Proxy.this) {
                checkServes();
                draining = true;
                control.cede(taken);
            }
        }

        private void checkServes() throws Refusal {
            if (draining) {
                throw new Refusal("the running proxy is stopping");
            }
        }

        @Override
        public void keep() {
            synchronized (Proxy.this) {
                try {
                    if (!draining) {
                        control.keep();
                    }
                } finally {
                    succeeding = false;
                }
            }
        }
    }
}
