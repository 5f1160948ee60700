package dev.sluice.cli.admin;

import dev.sluice.cli.admin.http.Answer;
import dev.sluice.proxy.BoundListener;
import dev.sluice.proxy.Proxy;
import dev.sluice.proxy.stats.UpstreamSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Whether new connections are taken and get somewhere. */
final class Readiness {
    static final Duration PATIENCE = Duration.ofSeconds(1);

    private final Target target;
    private final Proxy proxy;

    Readiness(Target target) {
        this.target = target;
        this.proxy = target.proxy();
    }

    Answer answer() {
        List<String> reasons = reasons();
        return Answer.json(reasons.isEmpty() ? 200 : 503, Map.of("ready", reasons.isEmpty(), "reasons", reasons));
    }

    /** Why not; none when all is well. */
    private List<String> reasons() {
        List<String> reasons = new ArrayList<>();
        if (proxy.isDraining()) {
            reasons.add("the proxy is draining");
        } else if (target.isLeaving()) {
            reasons.add("the proxy is about to drain");
        }
        Set<String> up = proxy.upstreams().stream()
                .filter(UpstreamSnapshot::up)
                .map(UpstreamSnapshot::name)
                .collect(Collectors.toSet());
        Set<String> needed = new TreeSet<>();
        for (BoundListener listener : proxy.listeners()) {
            needed.add(listener.config().upstream());
        }
        needed.removeAll(up);
        needed.forEach(name -> reasons.add("upstream " + name + " has no endpoint that takes connections"));
        try {
            for (String loop : proxy.silentLoops(PATIENCE)) {
                reasons.add(loop + " does not answer");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            reasons.add("the loops were not waited for");
        }
        return reasons;
    }
}
