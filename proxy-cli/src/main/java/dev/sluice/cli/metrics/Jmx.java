package dev.sluice.cli.metrics;

import dev.sluice.proxy.Proxy;
import dev.sluice.proxy.stats.Counter;
import io.dropwizard.metrics5.Gauge;
import io.dropwizard.metrics5.Metric;
import io.dropwizard.metrics5.MetricName;
import io.dropwizard.metrics5.MetricRegistry;
import io.dropwizard.metrics5.jmx.JmxReporter;
import java.util.Map;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;

/**
 * The registry's metrics and the core's counters as MBeans of this JVM, below the domain {@code sluice}. Who may connect to the JVM, and
 * how, is the JVM's business ({@code com.sun.management.jmxremote}). Loaded only where it is configured.
 */
public final class Jmx implements AutoCloseable {
    private static final String DOMAIN = "sluice";

    private final Metrics metrics;
    /** Not that of {@link Metrics}: a reporter knows no histograms but the library's own. */
    private final MetricRegistry shown = new MetricRegistry();

    private final JmxReporter reporter;

    /** Shows all that there is. */
    public Jmx(Metrics metrics, Proxy proxy) {
        this.metrics = metrics;
        this.reporter = JmxReporter.forRegistry(shown)
                .inDomain(DOMAIN)
                .createsObjectNamesWith((type, domain, name) -> objectName(domain, name))
                .build();
        for (Counter counter : Counter.values()) {
            gauge("sluice_" + counter.key(), Map.of(), () -> proxy.snapshot().get(counter));
        }
        follow();
        reporter.start();
    }

    /** Shows what there is since the last time, after another configuration say. */
    public synchronized void follow() {
        for (Map.Entry<MetricName, Metric> one : metrics.registry().getMetrics().entrySet()) {
            MetricName name = one.getKey();
            switch (one.getValue()) {
                case Buckets buckets -> {
                    gauge(name.getKey() + "_count", name.getTags(), buckets::count);
                    gauge(name.getKey() + "_sum", name.getTags(), buckets::sumSeconds);
                }
                case io.dropwizard.metrics5.Counter counter -> gauge(name.getKey(), name.getTags(), counter::getCount);
                default -> throw new IllegalStateException("of no known kind: " + name);
            }
        }
    }

    private void gauge(String key, Map<String, String> tags, Gauge<? extends Number> value) {
        MetricName name = new MetricName(key, tags);
        if (!shown.getMetrics().containsKey(name)) {
            shown.register(name, value);
        }
    }

    /** Labels are always quoted: some need it, and who asks for one must know how. */
    private static ObjectName objectName(String domain, MetricName name) {
        StringBuilder text = new StringBuilder(domain).append(":name=").append(name.getKey());
        name.getTags()
                .forEach((label, value) ->
                        text.append(',').append(label).append('=').append(ObjectName.quote(value)));
        try {
            return new ObjectName(text.toString());
        } catch (MalformedObjectNameException e) {
            throw new IllegalStateException("no name for JMX: " + name, e);
        }
    }

    /** Shows nothing any more. */
    @Override
    public void close() {
        reporter.close();
    }
}
