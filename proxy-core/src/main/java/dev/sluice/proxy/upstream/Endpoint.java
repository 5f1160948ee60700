package dev.sluice.proxy.upstream;

import dev.sluice.linux.Address;
import dev.sluice.proxy.stats.HealthSnapshot;
import dev.sluice.proxy.stats.LoopCells;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One address of an upstream, with what is known of it: its state, and how often each loop used it. It keeps its identity while the
 * configuration around it changes, and so its sessions and counters.
 *
 * <p>Control alone sets the state, and loops read it; loops count, each for itself, and anybody reads the sums.
 */
public final class Endpoint {
    /** Whether new connections go to it. */
    public enum State {
        /** They do. */
        UP,
        /** They do not: it does not answer, or was taken out. */
        DOWN,
        /** They do not, and those that it has may end by themselves. */
        DRAIN
    }

    /** What is counted of an endpoint. */
    @SuppressWarnings("EnumOrdinal") // the ordinal is a column that never leaves this class
    public enum Count {
        /** Connections that it has now, those still being made included. */
        SESSIONS,
        /** Connections that were made. */
        CONNECTED,
        /** Attempts that failed or timed out. */
        FAILURES,
        /** Sessions that it reset in their first second, before it had said anything. */
        EARLY_RESETS
    }

    private static final VarHandle STATE;
    private static final VarHandle WEIGHT_PERCENT;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Endpoint.class, "state", State.class);
            WEIGHT_PERCENT = MethodHandles.lookup().findVarHandle(Endpoint.class, "weightPercent", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final String upstream;
    private final Address address;
    private final LoopCells counts;

    @SuppressWarnings("FieldMayBeFinal") // written through STATE
    private State state = State.UP;

    @SuppressWarnings("FieldMayBeFinal") // written through WEIGHT_PERCENT
    private int weightPercent = 100;

    private volatile HealthSnapshot health =
            new HealthSnapshot("new", System.currentTimeMillis(), "none", null, false, -1, 0, 0, 0, 0);

    /**
     * An endpoint that is up.
     *
     * @param upstream the name of its group
     * @param loops how many loops there are
     */
    public Endpoint(String upstream, Address address, int loops) {
        this.upstream = upstream;
        this.address = address;
        this.counts = new LoopCells(loops, Count.values().length);
    }

    public String upstream() {
        return upstream;
    }

    public Address address() {
        return address;
    }

    /** From any thread; what control set last, soon. */
    public State state() {
        return (State) STATE.getOpaque(this);
    }

    /** On control's thread only. */
    public void state(State next) {
        STATE.setOpaque(this, next);
    }

    /** How much of its configured weight it has, percent; from any thread. */
    public int weightPercent() {
        return (int) WEIGHT_PERCENT.getOpaque(this);
    }

    /**
     * On control's thread only.
     *
     * @param percent of the configured weight, 0 … 100
     */
    public void weightPercent(int percent) {
        WEIGHT_PERCENT.setOpaque(this, percent);
    }

    /** Why it is in its state, for people; from any thread. */
    public HealthSnapshot health() {
        return health;
    }

    /** On control's thread only. */
    public void health(HealthSnapshot next) {
        health = next;
    }

    /** Counts; on the thread of that loop only. */
    @SuppressWarnings("EnumOrdinal")
    public void count(int loop, Count what, long amount) {
        counts.add(loop, what.ordinal(), amount);
    }

    /** The sum over all loops; from any thread. */
    @SuppressWarnings("EnumOrdinal")
    public long sum(Count what) {
        return counts.sum(what.ordinal());
    }

    @Override
    public String toString() {
        return upstream + "/" + address;
    }
}
