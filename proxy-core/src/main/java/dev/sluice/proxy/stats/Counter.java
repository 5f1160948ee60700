package dev.sluice.proxy.stats;

/**
 * Every counter of a loop, and all that is known of it: the one table that snapshots, metrics and documentation go by. Each loop
 * counts for itself; what is shown is the sum.
 */
public enum Counter {
    ACCEPTED("accepted", Kind.TOTAL, "connections accepted"),
    ACTIVE("active", Kind.NOW, "sessions that live, those still being connected included"),
    BYTES_UP("bytes_up", Kind.TOTAL, "bytes given to upstream sockets, by live sessions too"),
    BYTES_DOWN("bytes_down", Kind.TOTAL, "bytes given to client sockets, by live sessions too"),
    BYTES_SPLICED("bytes_spliced", Kind.TOTAL, "of both, bytes that stayed in the kernel"),
    CONNECT_FAILURES("connect_failures", Kind.TOTAL, "attempts to connect to an endpoint that failed or timed out"),
    CONNECT_WAITS(
            "connect_waits", Kind.TOTAL, "connections that waited for a descriptor or for room in a full backlog"),
    PORTS_EXHAUSTED("ports_exhausted", Kind.TOTAL, "attempts to connect for which no local port was free"),
    CANCELS("cancels", Kind.TOTAL, "requests to cancel a query that went to every endpoint"),
    CANCELS_REFUSED(
            "cancels_refused", Kind.TOTAL, "requests to cancel a query that were refused, since there were too many"),
    ACCEPT_PAUSES("accept_pauses", Kind.TOTAL, "times a listener stopped accepting for want of descriptors or memory"),
    PIPE_FALLBACKS("pipe_fallbacks", Kind.TOTAL, "fills that were copied, because no pipe of use could be borrowed"),
    SPLICE_REFUSALS(
            "splice_refusals", Kind.TOTAL, "flows that were copied from then on, because splice(2) was refused"),
    PROMOTIONS("promotions", Kind.TOTAL, "flows of adaptive sessions that went over from copying to splicing"),
    DEMOTIONS("demotions", Kind.TOTAL, "flows of adaptive sessions that went back to copying"),
    COALESCED("coalesced", Kind.TOTAL, "times a stream was left to gather before it went on"),
    PIPES_OPEN("pipes_open", Kind.NOW, "pipes that are open, in use or pooled"),
    STASHED("stashed", Kind.NOW, "bytes of memory that hold what copying could not give to a sink yet"),
    STASH_WAITS(
            "stash_waits",
            Kind.TOTAL,
            "times bytes were left in their source's socket, because the memory for stashes was used up"),
    TURNS("turns", Kind.TOTAL, "turns of the loops"),
    SLEEPS("sleeps", Kind.TOTAL, "turns in which a loop slept in epoll_wait(2)"),
    SPIN_HITS("spin_hits", Kind.TOTAL, "times a loop looked for events again and again, and found some"),
    SPIN_MISSES("spin_misses", Kind.TOTAL, "times it found none, and slept"),
    SPIN_HIT_NANOS("spin_hit_nanos", Kind.TOTAL, "nanoseconds of looking that found some"),
    SPIN_MISS_NANOS("spin_miss_nanos", Kind.TOTAL, "nanoseconds of looking that found none");

    /** What a value means. */
    public enum Kind {
        /** How often since the start: it only grows. */
        TOTAL,
        /** How many there are at this moment. */
        NOW
    }

    private final String key;
    private final Kind kind;
    private final String help;

    Counter(String key, Kind kind, String help) {
        this.key = key;
        this.kind = kind;
        this.help = help;
    }

    /** Its name in lower case with underscores, unique. */
    public String key() {
        return key;
    }

    public Kind kind() {
        return kind;
    }

    /** What it counts, in a few words without a full stop. */
    public String help() {
        return help;
    }
}
