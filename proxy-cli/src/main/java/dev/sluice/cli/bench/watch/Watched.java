package dev.sluice.cli.bench.watch;

import java.util.ArrayList;
import java.util.List;

/**
 * The processes of a benchmark that are on this machine, by pid.
 *
 * @param measured those under test; none where there is no proxy, or none that is known
 * @param client of the load: one
 * @param server of the load: one, or none where it is on another machine
 * @param others the benchmark itself, and proxies that idle
 */
public record Watched(List<Long> measured, List<Long> client, List<Long> server, List<Long> others) {
    /** All but those under test. */
    List<Long> bench() {
        List<Long> all = new ArrayList<>(client);
        all.addAll(server);
        all.addAll(others);
        return all;
    }
}
