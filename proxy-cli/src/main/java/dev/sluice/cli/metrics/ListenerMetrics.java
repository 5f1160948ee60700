package dev.sluice.cli.metrics;

import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.stats.SessionSnapshot;
import io.dropwizard.metrics5.Counter;
import java.util.EnumMap;
import java.util.Map;

/** What is counted of the ended sessions of a listener. */
final class ListenerMetrics {
    private static final double[] BOUNDS = {0.001, 0.01, 0.1, 1, 10, 60, 300, 1800, 7200, 43200};

    private final Map<EndCause, Counter> ends = new EnumMap<>(EndCause.class);
    private final Buckets durations = new Buckets(BOUNDS);
    private volatile Buckets connects;

    /**
     * @param connects of its upstream
     */
    ListenerMetrics(Buckets connects) {
        this.connects = connects;
        for (EndCause cause : EndCause.values()) {
            ends.put(cause, new Counter());
        }
    }

    /** Its connections go to another upstream from now on. */
    void connectTo(Buckets upstream) {
        connects = upstream;
    }

    void ended(SessionEnd end) {
        Counter counter = ends.get(end.cause());
        if (counter != null) {
            counter.inc();
        }
        SessionSnapshot session = end.session();
        durations.add(session.durationMicros());
        if (session.connectMicros() >= 0) {
            connects.add(session.connectMicros());
        }
    }

    /** How many have ended by each cause. */
    Map<EndCause, Counter> ends() {
        return ends;
    }

    /** How long they took. */
    Buckets durations() {
        return durations;
    }

    /** How many sessions have ended. */
    long ended() {
        return ends.values().stream().mapToLong(Counter::getCount).sum();
    }
}
