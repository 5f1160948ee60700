package dev.sluice.cli.metrics;

import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.SessionEnd;
import io.dropwizard.metrics5.Counter;
import java.util.EnumMap;
import java.util.Map;

/** What is counted of the ended sessions of a listener. */
final class ListenerMetrics {
    private static final double[] BOUNDS = {0.001, 0.01, 0.1, 1, 10, 60, 300, 1800, 7200, 43200};

    private final Map<EndCause, Counter> ends = new EnumMap<>(EndCause.class);
    private final Buckets durations = new Buckets(BOUNDS);

    ListenerMetrics() {
        for (EndCause cause : EndCause.values()) {
            ends.put(cause, new Counter());
        }
    }

    void ended(SessionEnd end) {
        Counter counter = ends.get(end.cause());
        if (counter != null) {
            counter.inc();
        }
        durations.add(end.session().durationMicros());
    }

    /** How many have ended by each cause. */
    Map<EndCause, Counter> ends() {
        return ends;
    }

    /** How long they took. */
    Buckets durations() {
        return durations;
    }
}
