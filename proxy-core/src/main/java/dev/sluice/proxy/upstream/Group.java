package dev.sluice.proxy.upstream;

import dev.sluice.proxy.stats.LoopCells;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * What the endpoints of one upstream have in common, whatever configuration they are in: whose turn it is, and whether anything about
 * them has changed.
 *
 * <p>Each loop counts its own connections, and the sum over all loops says whose turn it is: so connections one after the other go round
 * exactly, whatever loops they are on, and no loop writes what another one writes. Of connections that arrive on two loops at the same
 * moment, both may get the same endpoint.
 */
public final class Group {
    private final String name;
    private final int loops;
    private final LongSupplier clock;
    private final long seed;
    private final LoopCells turns;
    private final AtomicInteger version = new AtomicInteger();
    private final UpstreamState state = new UpstreamState();
    private volatile List<Endpoint> removed = List.of();
    private volatile Runnable onRoom = () -> {};
    private volatile Runnable onChange = () -> {};

    /**
     * Begins with the first endpoint.
     *
     * @param name of the upstream
     * @param loops how many loops there are
     */
    public Group(String name, int loops) {
        this(name, loops, System::nanoTime, new SplittableRandom().nextLong());
    }

    /**
     * @param clock nanoseconds, as {@link System#nanoTime} has them
     * @param seed of what is drawn
     */
    Group(String name, int loops, LongSupplier clock, long seed) {
        this.name = name;
        this.loops = loops;
        this.clock = clock;
        this.seed = seed;
        this.turns = new LoopCells(loops, 1);
    }

    public String name() {
        return name;
    }

    /** Whether it is paused, and who is held. */
    public UpstreamState state() {
        return state;
    }

    /** Those that the present configuration has no more, and that may have sessions still; from any thread. */
    public List<Endpoint> removed() {
        return removed;
    }

    /** On control's thread only. */
    public void removed(List<Endpoint> those) {
        removed = those;
    }

    int loops() {
        return loops;
    }

    long now() {
        return clock.getAsLong();
    }

    /** How many connections there were before this one; on the thread of that loop. */
    long turn(int loop) {
        long before = turns.sum(0);
        turns.add(loop, 0, 1);
        return before;
    }

    /** Where what is drawn for a connection begins. */
    long seed(int loop, long turn) {
        return Mix.mix(seed + turn * loops + loop);
    }

    /** Changes whenever the state, the weight or the limit of an endpoint does, after that; from any thread. */
    int version() {
        return version.get();
    }

    /** An endpoint has another state, weight or limit; there may be room now. */
    void changed() {
        version.incrementAndGet();
        onChange.run();
        room();
    }

    /** Who is told when an endpoint has another state, weight or limit, on control's thread: it may be one of several changes. */
    public void onChange(Runnable tell) {
        onChange = tell;
    }

    /**
     * Who is told when an endpoint of this group may have room for one more session. It is called when one of them changes, on control's
     * thread, and after every session or attempt of one that has a limit, on the loop's thread that it was on, so it must be quick when nobody waits, and must not throw. A place may be given
     * back between a look and the decision to wait: who waits looks again once he can be told.
     */
    public void onRoom(Runnable tell) {
        onRoom = tell;
    }

    void room() {
        onRoom.run();
    }
}
