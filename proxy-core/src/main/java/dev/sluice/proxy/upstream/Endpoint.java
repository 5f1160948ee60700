package dev.sluice.proxy.upstream;

import dev.sluice.linux.Address;
import dev.sluice.proxy.stats.HealthSnapshot;
import dev.sluice.proxy.stats.LoopCells;
import dev.sluice.proxy.stats.PathSnapshot;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

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
        EARLY_RESETS,
        /** Round-trip times that were read of its sessions, their sum in microseconds. */
        RTT_MICROS,
        /** How many those were. */
        RTT_SAMPLES,
        /** Segments that were sent to it again. */
        RETRANSMITS
    }

    /** A round-trip time that no connection has confirmed for so long is not the present one. */
    static final long RECENT_NANOS = 60_000_000_000L;

    /** Has not come up since it was down: an endpoint begins with its whole weight. */
    private static final long NEVER = Long.MIN_VALUE;
    /** The share of its weight that an endpoint has at the beginning of a slow start, percent; with less, nothing might reach it. */
    static final int FIRST_PERCENT = 10;

    private static final VarHandle STATE;
    private static final VarHandle WEIGHT_PERCENT;
    private static final VarHandle UP_SINCE;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            STATE = lookup.findVarHandle(Endpoint.class, "state", State.class);
            WEIGHT_PERCENT = lookup.findVarHandle(Endpoint.class, "weightPercent", int.class);
            UP_SINCE = lookup.findVarHandle(Endpoint.class, "upSince", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Group group;
    private final Address address;
    private final LoopCells counts;
    private final Places places = new Places(() -> sum(Count.SESSIONS));
    /** Each loop's own. */
    private final @Nullable Object[] kept;

    @SuppressWarnings("FieldMayBeFinal") // written through STATE
    private State state = State.UP;

    @SuppressWarnings("FieldMayBeFinal") // written through WEIGHT_PERCENT
    private int weightPercent = 100;

    @SuppressWarnings("FieldMayBeFinal") // written through UP_SINCE
    private long upSince = NEVER;

    private volatile HealthSnapshot health =
            new HealthSnapshot("new", System.currentTimeMillis(), "none", null, false, -1, 0, 0, 0, 0);

    /** When a round-trip time was read last, {@link System#nanoTime}; of no meaning before. Any loop's, the last one counts. */
    private volatile long measuredAt;

    /** Of {@link Count#RTT_SAMPLES} and {@link Count#RTT_MICROS}, what {@link #path} has seen; under its lock. */
    private long seenSamples;

    private long seenMicros;
    private long recentRttMicros = -1;

    /** It was down and has not been up since; control's. */
    private boolean cold;

    /** An endpoint that is up, has no limit, and all of its weight. */
    public Endpoint(Group group, Address address) {
        this.group = group;
        this.address = address;
        this.counts = new LoopCells(group.loops(), Count.values().length);
        this.kept = new Object[group.loops()];
    }

    /**
     * The same, of a group of its own.
     *
     * @param upstream the name of the group
     * @param loops how many loops there are
     */
    public Endpoint(String upstream, Address address, int loops) {
        this(new Group(upstream, loops), address);
    }

    public Group group() {
        return group;
    }

    public String upstream() {
        return group.name();
    }

    public Address address() {
        return address;
    }

    /** From any thread; what control set last, soon. */
    public State state() {
        return (State) STATE.getOpaque(this);
    }

    /** On control's thread only. From {@link State#UP} after {@link State#DOWN} on, its slow start runs. */
    public void state(State next) {
        if (next == State.DOWN) {
            cold = true;
        } else if (next == State.UP && cold) {
            cold = false;
            UP_SINCE.setOpaque(this, group.now());
        }
        if (state() != next) {
            STATE.setOpaque(this, next);
            group.changed();
        }
    }

    /** How much of its configured weight it has when it is up for long, percent; from any thread. */
    public int weightPercent() {
        return (int) WEIGHT_PERCENT.getOpaque(this);
    }

    /**
     * On control's thread only.
     *
     * @param percent of the configured weight, 0 … 100; 0 = no new connections
     * @throws IllegalArgumentException for any other
     */
    public void weightPercent(int percent) {
        if (percent < 0 || percent > 100) {
            throw new IllegalArgumentException("the weight's percent is out of range: 0 to 100, not " + percent);
        }
        if (weightPercent() != percent) {
            WEIGHT_PERCENT.setOpaque(this, percent);
            group.changed();
        }
    }

    /**
     * How far its slow start is.
     *
     * @param now of the group's clock
     * @param slowStartNanos how long it takes; 0 = no time
     * @return {@link #FIRST_PERCENT} … 100
     */
    int warmth(long now, long slowStartNanos) {
        long since = (long) UP_SINCE.getOpaque(this);
        if (since == NEVER || slowStartNanos == 0 || now - since >= slowStartNanos) {
            return 100;
        }
        return (int) Math.max(FIRST_PERCENT, 100.0 * (now - since) / slowStartNanos);
    }

    /** Whether new connections go to it, if there is room for them. */
    boolean takesNew() {
        return state() == State.UP && weightPercent() > 0;
    }

    /** How many sessions it may have over all loops, those still being made included; 0 = any number. From any thread. */
    public int maxSessions() {
        return places.limit();
    }

    /** On control's thread only; 0 = no limit. Those that there are stay, but there are no new ones until they are fewer. */
    public void maxSessions(int most) {
        if (places.limit() != most) {
            places.limit(most);
            group.changed();
        }
    }

    /** Whether one more session may be made; from any thread. */
    public boolean hasRoom() {
        return places.hasRoom();
    }

    /**
     * Claims room for one more session, where there is a limit.
     *
     * @return false when it is full
     */
    boolean claim() {
        return places.claim();
    }

    /** A claim that came to nothing; nothing was counted for it. */
    void giveBack() {
        places.giveBack();
        group.room();
    }

    /**
     * A session or an attempt to make one is over: it is not counted any more, and what was claimed for it is given back. On the thread of
     * that loop only, once.
     *
     * @param claimed whether room was claimed for it
     */
    public void leave(int loop, boolean claimed) {
        count(loop, Count.SESSIONS, -1);
        if (claimed) {
            giveBack();
        } else if (places.hasOlder()) {
            group.room();
        }
    }

    /**
     * What this loop keeps with it, so that a connection need not look it up, and so that it is gone with the endpoint. On the thread of that
     * loop only.
     *
     * @return null before {@link #keep}
     */
    public @Nullable Object kept(int loop) {
        return kept[loop];
    }

    /** Keeps it instead of what was kept; on the thread of that loop only. */
    public void keep(int loop, Object what) {
        kept[loop] = what;
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

    /**
     * The kernel was asked about one of its sessions; on the thread of that loop only.
     *
     * @param rttMicros 0 = not known yet
     * @param retransmits since this was counted last
     */
    public void measured(int loop, int rttMicros, int retransmits) {
        if (rttMicros > 0) {
            count(loop, Count.RTT_MICROS, rttMicros);
            count(loop, Count.RTT_SAMPLES, 1);
            measuredAt = System.nanoTime();
        }
        if (retransmits > 0) {
            count(loop, Count.RETRANSMITS, retransmits);
        }
    }

    /** Some of its sessions were measured: the mean of what is new since the last time is the recent one. From any thread. */
    public synchronized void settlePath() {
        long samples = sum(Count.RTT_SAMPLES); // first: what is counted meanwhile must not be without its time
        long micros = sum(Count.RTT_MICROS);
        if (samples > seenSamples) {
            recentRttMicros = (micros - seenMicros) / (samples - seenSamples);
            seenSamples = samples;
            seenMicros = micros;
        }
    }

    /** What was measured of its sessions; from any thread. */
    public PathSnapshot path() {
        return path(System.nanoTime());
    }

    synchronized PathSnapshot path(long now) {
        boolean old = now - measuredAt > RECENT_NANOS;
        return new PathSnapshot(
                sum(Count.RTT_SAMPLES), sum(Count.RTT_MICROS), old ? -1 : recentRttMicros, sum(Count.RETRANSMITS));
    }

    @Override
    public String toString() {
        return upstream() + "/" + address;
    }
}
