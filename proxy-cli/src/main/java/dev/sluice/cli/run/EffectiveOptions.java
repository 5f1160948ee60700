package dev.sluice.cli.run;

import dev.sluice.cli.options.ServiceConfig;
import dev.sluice.cli.text.Units;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.UpstreamConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What options and variables amount to, in the words of a file, where there is none. */
final class EffectiveOptions {
    private EffectiveOptions() {}

    static Object plain(ServiceConfig config) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("threads", config.proxy().loops().threads());
        all.put("drain-timeout", Units.format(config.drainTimeout()));
        all.put(
                "listeners",
                config.proxy().listeners().stream()
                        .map(EffectiveOptions::listener)
                        .toList());
        all.put(
                "upstreams",
                config.proxy().upstreams().stream()
                        .map(EffectiveOptions::upstream)
                        .toList());
        return all;
    }

    private static Map<String, Object> listener(ListenerConfig listener) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("name", listener.name());
        one.put("bind", listener.bind().toString());
        one.put("upstream", listener.upstream());
        one.put("relay", listener.relay().toString());
        return one;
    }

    private static Map<String, Object> upstream(UpstreamConfig upstream) {
        List<String> endpoints = upstream.endpoints().stream()
                .map(one -> one.source().toString())
                .toList();
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("name", upstream.name());
        one.put("endpoints", endpoints);
        return one;
    }
}
