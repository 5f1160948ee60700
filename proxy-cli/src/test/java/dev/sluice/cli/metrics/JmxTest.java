package dev.sluice.cli.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.proxy.Proxy;
import dev.sluice.proxy.ProxyStartException;
import dev.sluice.proxy.config.BufferSettings;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.LoopSettings;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.stats.SessionRecord;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;

class JmxTest {
    private static final ProxyObserver NOBODY = new ProxyObserver() {
        @Override
        public void sessionEnded(SessionEnd end) {}

        @Override
        public void warning(String text) {}
    };

    private final MBeanServer beans = ManagementFactory.getPlatformMBeanServer();

    private static ProxyConfig config(String... listeners) {
        EndpointAddress somewhere = EndpointAddress.parse("127.0.0.1:1");
        EndpointAddress any = EndpointAddress.parse("127.0.0.1:0");
        return new ProxyConfig(
                LoopSettings.of(1),
                BufferSettings.DEFAULTS,
                Arrays.stream(listeners)
                        .map(name -> ListenerConfig.of(name, any, "db"))
                        .toList(),
                List.of(UpstreamConfig.of("db", List.of(somewhere))));
    }

    private Object value(String name) throws JMException {
        return beans.getAttribute(new ObjectName(name), "Value");
    }

    private Set<ObjectName> all() throws JMException {
        return beans.queryNames(new ObjectName("sluice:*"), null);
    }

    /** What comes with another configuration is shown from then on, names with colons included; in the end nothing is. */
    @Test
    void whatIsShown() throws JMException, ProxyStartException {
        Metrics metrics = new Metrics();
        var _ = metrics.follow(config("pg"));
        try (Proxy proxy = Proxy.start(config("pg"), NOBODY);
                Jmx jmx = new Jmx(metrics, proxy)) {
            for (Counter counter : Counter.values()) {
                assertTrue((Long) value("sluice:name=sluice_" + counter.key()) >= 0, counter::toString);
            }
            SessionRecord record = new SessionRecord(
                    1,
                    new Address.V4(0x7f000001, 1),
                    new SessionRecord.Common("pg", "db", RelayMode.SPLICE),
                    -1_500_000_000);
            record.because(EndCause.CLIENT_RESET, 0);
            metrics.sessionEnded(record.end(0, 1, 1, 0, null));
            assertEquals(1L, value("sluice:name=sluice_sessions,listener=\"pg\",who=\"client\",cause=\"reset\""));
            assertEquals(1L, value("sluice:name=sluice_session_seconds_count,listener=\"pg\""));
            assertEquals(1.5, value("sluice:name=sluice_session_seconds_sum,listener=\"pg\""));
            int before = all().size();
            metrics.listening(List.of("pg", "127.0.0.1:4711"));
            jmx.follow();
            assertEquals(0L, value("sluice:name=sluice_session_seconds_count,listener=\"127.0.0.1:4711\""));
            assertTrue(all().size() > before);
        }
        assertEquals(Set.of(), all());
    }
}
