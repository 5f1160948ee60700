package dev.sluice.cli.options;

import dev.sluice.cli.log.AccessLogConfig;
import dev.sluice.cli.text.Units;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.ProxyConfig;
import java.time.Duration;

/**
 * Everything that a service is told, by a file or by options.
 *
 * @param proxy its proxy
 * @param accessLog where finished sessions are written down, and how
 * @param drainTimeout how long sessions may go on after SIGTERM, 1 ms … 1 day; 0 = not at all
 * @param drainDelay how long it goes on accepting after SIGTERM before that, 1 ms … 1 h; 0 = not at all
 * @param exitWhenIdle how long there has been no session when it ends by itself, 100 ms … 1 day; 0 = never
 * @param takeoverSocket where a successor gets the listening sockets; empty = nowhere
 * @param admin where the admin interface is served
 */
public record ServiceConfig(
        ProxyConfig proxy,
        AccessLogConfig accessLog,
        Duration drainTimeout,
        Duration drainDelay,
        Duration exitWhenIdle,
        String takeoverSocket,
        AdminConfig admin) {
    /** What there is, in words: {@code 2 listeners, 1 upstream with 3 endpoints}. */
    public String words() {
        long listeners =
                proxy.listeners().stream().map(ListenerConfig::name).distinct().count();
        long endpoints = proxy.upstreams().stream()
                .mapToLong(upstream -> upstream.endpoints().size())
                .sum();
        return Units.counted(listeners, "listener") + ", "
                + Units.counted(proxy.upstreams().size(), "upstream") + " with "
                + Units.counted(endpoints, "endpoint");
    }
}
