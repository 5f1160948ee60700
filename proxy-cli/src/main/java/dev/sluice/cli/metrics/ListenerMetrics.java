package dev.sluice.cli.metrics;

import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.SessionEnd;
import io.dropwizard.metrics5.Counter;
import io.dropwizard.metrics5.MetricName;
import io.dropwizard.metrics5.MetricRegistry;
import java.util.EnumMap;
import java.util.Map;

/** What is counted of the ended sessions of a listener. */
final class ListenerMetrics {
    private final Map<EndCause, Counter> ends = new EnumMap<>(EndCause.class);
    private final Buckets durations;
    private volatile Buckets connects;

    /**
     * @param connects of its upstream
     */
    ListenerMetrics(MetricRegistry registry, String listener, Buckets durations, Buckets connects) {
        this.durations = durations;
        this.connects = connects;
        for (EndCause cause : EndCause.values()) {
            Ways way = Ways.of(cause);
            ends.put(
                    cause,
                    registry.counter(MetricName.build(Metrics.SESSIONS)
                            .tagged("listener", listener, "who", way.who(), "cause", way.cause())));
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
        durations.add(end.durationMicros());
        if (end.connectMicros() >= 0) {
            connects.add(end.connectMicros());
        }
    }

    /** How many sessions have ended. */
    long ended() {
        return ends.values().stream().mapToLong(Counter::getCount).sum();
    }
}
