package dev.sluice.proxy.arrive;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.SockaddrBuffer;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.listen.Acceptor;
import dev.sluice.proxy.listen.ListenSocket;
import dev.sluice.proxy.listen.LoopBalancer;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.RateLimit;
import dev.sluice.proxy.relay.RelayContext;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.LiveSession;
import dev.sluice.proxy.stats.LoopSample;
import dev.sluice.proxy.stats.SessionId;
import dev.sluice.proxy.stats.SessionQuery;
import dev.sluice.proxy.upstream.ConnectContext;
import dev.sluice.proxy.upstream.Endpoint;
import dev.sluice.proxy.upstream.UpstreamState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where connections come in on one loop: its share of every listener, and what all its arrivals need. On its loop's thread, but for the
 * accessors.
 */
public final class Reception {
    /** What the loops keep idle is asked back no oftener. */
    private static final long SHORTAGE_NANOS = 100_000_000;

    private final RelayContext relay;
    private final ConnectContext connect;
    private final DescriptorBudget budget;
    private final LoopBalancer balancer;
    private final int index;
    private final SessionId.Source ids;
    private final SockaddrBuffer clientName;
    private final Map<ListenSocket, Entrance> entrances = new HashMap<>();
    private final Sampling sampling;
    private final RateLimit shortages = new RateLimit(SHORTAGE_NANOS);
    private List<Reception> all = List.of();
    private @Nullable LookContext looks;

    /**
     * @param budget the process's
     * @param balancer of all loops
     * @param index this loop's
     */
    public Reception(
            RelayContext relay, ConnectContext connect, DescriptorBudget budget, LoopBalancer balancer, int index) {
        this.relay = relay;
        this.connect = connect;
        this.budget = budget;
        this.balancer = balancer;
        this.index = index;
        this.ids = new SessionId.Source(index);
        this.sampling = new Sampling(relay.loop());
        this.clientName = new SockaddrBuffer(relay.kernel());
        relay.onShortage(this::shortage);
        connect.onShortage(this::shortage);
    }

    RelayContext relay() {
        return relay;
    }

    ConnectContext connect() {
        return connect;
    }

    DescriptorBudget budget() {
        return budget;
    }

    EventLoop loop() {
        return relay.loop();
    }

    Kernel kernel() {
        return relay.kernel();
    }

    /** Listeners come and go, and native memory stays until the loop ends: so they share this. */
    SockaddrBuffer clientName() {
        return clientName;
    }

    int index() {
        return index;
    }

    /** For one more session. */
    long nextId() {
        return ids.next();
    }

    /** Made when somebody looks at first bytes. */
    LookContext looks() {
        LookContext made = looks;
        if (made == null) {
            made = new LookContext(kernel());
            looks = made;
        }
        return made;
    }

    /**
     * The receptions of all loops, by the loop's index; told once, before the first routes.
     */
    public void meet(List<Reception> everyone) {
        all = List.copyOf(everyone);
    }

    /**
     * Goes over to other routes. Listeners that stay go on without a pause; those that are new begin to accept; of those that are gone,
     * what has connected is taken first, and while there are no descriptors for that, the socket is accepted on for some time; what has
     * connected to a ceded one stays.
     *
     * @param leaving is asked about each socket that is gone; what it answers is run when nothing is accepted there any more. Null: it
     *     stays open, and nobody may wait for descriptors there
     * @throws OutOfMemoryError when there is no memory to accept on a new one; the rest is done all the same
     */
    public void swap(Routes next, Function<ListenSocket, @Nullable Runnable> leaving) {
        swapAnd(next, entrance -> {
            Runnable done = leaving.apply(entrance.socket());
            if (next.ceded().contains(entrance.socket())) {
                entrance.cede(done == null ? () -> {} : done);
            } else if (done == null) {
                entrance.drain();
            } else {
                entrance.leave(done);
            }
        });
    }

    /** The same on a loop that is not the last to go over: others still accept on the sockets that are gone. */
    public void swap(Routes next) {
        swapAnd(next, entrance -> {
            if (next.ceded().contains(entrance.socket())) {
                entrance.cede(() -> {});
            } else {
                entrance.drain();
            }
        });
    }

    private void swapAnd(Routes next, Consumer<Entrance> drain) {
        boolean moved = false;
        Map<ListenSocket, Route> wanted = new HashMap<>();
        for (Route route : next.routes()) {
            wanted.put(route.socket(), route);
        }
        List<Entrance> gone = new ArrayList<>();
        for (Map.Entry<ListenSocket, Entrance> entry : entrances.entrySet()) {
            Route route = wanted.remove(entry.getKey());
            if (route == null) {
                gone.add(entry.getValue());
            } else {
                moved |= route.goesElsewhere(entry.getValue().route());
                entry.getValue().swap(route);
            }
        }
        try {
            wanted.values().forEach(this::open);
        } finally {
            for (Entrance entrance : gone) {
                entrances.remove(entrance.socket());
                drain.accept(entrance);
            }
            if (moved) {
                var _ = new Moving(loop()).begin();
            }
        }
    }

    /** The route that connections from this socket take by now; null when it is gone. */
    @Nullable
    Route present(ListenSocket socket) {
        Entrance entrance = entrances.get(socket);
        return entrance == null ? null : entrance.route();
    }

    private void open(Route route) {
        Entrance entrance = new Entrance(this, route);
        int result = entrance.open();
        entrances.put(route.socket(), entrance);
        if (result < 0) {
            relay.warn("loop " + index + " cannot accept on " + route.socket().address() + " yet: "
                    + Errno.describe(-result));
        }
    }

    /** An upstream may take connections again: those of this loop that are held for it try. */
    public void wake(UpstreamState upstream) {
        connect.wake(upstream);
    }

    /**
     * An endpoint is to have no sessions: they end with a reset, and connections on their way there go elsewhere.
     *
     * @param cause why
     * @return how many there were, when there are none
     */
    public CompletableFuture<Integer> endSessions(Endpoint endpoint, EndCause cause) {
        return Eviction.of(loop(), endpoint, cause).begin();
    }

    /** An endpoint is down: connections on their way there go elsewhere. */
    public void avoid(Endpoint endpoint) {
        var _ = Eviction.ofAttempts(loop(), endpoint).begin();
    }

    /**
     * Ends some sessions of an upstream, whichever they are, so that their clients connect anew.
     *
     * @param fraction of them, 0 … 1
     * @return how many, when it is done
     */
    public CompletableFuture<Integer> rebalance(String upstream, double fraction) {
        return Eviction.of(
                        loop(),
                        endpoint -> endpoint.upstream().equals(upstream)
                                && ThreadLocalRandom.current().nextDouble() < fraction)
                .begin();
    }

    /** The sessions of this loop that somebody wants to see, no more than he wants, in no order; arrivals among them. */
    public CompletableFuture<List<LiveSession>> list(SessionQuery query) {
        return new Listing(loop(), query).begin();
    }

    /** Ends a session or an arrival with a reset; whether there was one of this id. */
    public CompletableFuture<Boolean> closeSession(long id) {
        return new Closing(loop(), id).begin();
    }

    /** Has the kernel asked about some sessions, others each time, and says what the loop has. */
    public LoopSample sample() {
        sampling.take();
        return relay.sample();
    }

    /**
     * Gives a connection to the loop with the fewest, or where loops are pinned, to that on the CPU where its packets arrive unless it
     * has clearly more. It and what was claimed for it are the callee's.
     */
    void assign(Entrance entrance, Route route, int fd, Address client) {
        route.taken(index);
        long acceptedAt = loop().now();
        int chosen = choose(fd);
        while (chosen != index) {
            Reception other = all.get(chosen);
            try {
                if (loop().postTo(other.loop(), () -> other.admit(entrance, route, fd, client, acceptedAt))) {
                    return;
                }
                balancer.exclude(chosen); // it has died
            } catch (OutOfMemoryError e) {
                turnAway(route, fd, chosen);
                throw e;
            }
            balancer.release(chosen);
            chosen = balancer.choose(index);
        }
        admit(entrance, route, fd, client, acceptedAt);
    }

    private int choose(int fd) {
        return balancer.isPinned()
                ? balancer.chooseNear(index, kernel().getsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_INCOMING_CPU))
                : balancer.choose(index);
    }

    private void admit(Entrance from, Route route, int fd, Address client, long acceptedAt) {
        Arrival arrival;
        try {
            // Accepted by another loop, it may be younger than this one's turn.
            arrival = new Arrival(this, route, fd, client, Math.min(acceptedAt, loop().now()));
        } catch (OutOfMemoryError e) {
            turnAway(route, fd, index);
            Entrance own = entrances.get(from.socket());
            if (own != null) {
                own.rest(Errno.ENOMEM);
            }
            return;
        }
        relay.stats().increment(Counter.ACCEPTED);
        route.stats().row(index).accepted();
        relay.stats().increment(Counter.ACTIVE);
        try {
            arrival.start();
        } catch (RuntimeException | OutOfMemoryError e) {
            // One connection's trouble: the listener goes on.
            loop().failed(arrival, e);
        }
    }

    private void turnAway(Route route, int fd, int chosen) {
        route.left(index);
        kernel().closeWithReset(fd);
        budget.release(Acceptor.DESCRIPTORS);
        balancer.release(chosen);
    }

    /** The loop has ended. The kernel wakes one loop for a connection, and if it was this one, another one must look. */
    public void close() {
        if (!entrances.isEmpty()) {
            for (Reception reception : all) {
                loop().postTo(reception.loop(), reception::look);
            }
        }
    }

    /** Accepts what has connected and what no event tells of, since another loop or another process was woken for it and has gone. */
    public void look() {
        entrances.values().forEach(Entrance::look);
    }

    /** Descriptors, pipe pages or memory ran out: nothing is kept idle on any loop. */
    void shortage() {
        if (!shortages.passes(loop().now())) {
            return;
        }
        for (Reception reception : all) {
            if (reception == this) {
                relay.trim();
            } else {
                loop().postTo(reception.loop(), reception.relay::trim);
            }
        }
    }
}
