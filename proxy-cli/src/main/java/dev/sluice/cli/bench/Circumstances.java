package dev.sluice.cli.bench;

import dev.sluice.cli.bench.lab.Lab;
import dev.sluice.cli.bench.lab.Pinning;
import dev.sluice.cli.bench.result.Header;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.machine.MachineFacts;
import dev.sluice.cli.machine.PipeLimits;
import dev.sluice.cli.machine.Proc;
import dev.sluice.cli.options.Settings;
import dev.sluice.cli.text.OneLine;
import dev.sluice.cli.text.Units;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.stream.Collectors;

/** What a reader must know of the circumstances that figures were measured under. */
final class Circumstances {
    private Circumstances() {}

    /** What is known before anything is started. */
    static Header header(Plan plan, BenchOptions options, PipeLimits limits, MachineFacts machine) {
        Header header = new Header()
                .with("sluice", Version.number())
                .with("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
                .with("kernel", machine.kernel())
                .with("cpu", machine.cpu() + ", " + machine.cores() + " for us")
                .with("jdk", machine.jdk())
                .with("proxies", proxies(options, limits))
                .with("rounds", plan.stopRule().text(plan.window()));
        for (Row row : plan.rows()) {
            if (row instanceof Row.External external) {
                header.with(OneLine.of(external.name()), OneLine.of(external.text()) + process(external));
            }
        }
        return header;
    }

    private static String proxies(BenchOptions options, PipeLimits limits) {
        return "1 thread, pipes of " + Units.formatSize(limits.granted(options.pipeSize))
                + ", copy buffer of " + Units.formatSize(options.copyBuffer)
                + ", coalescing " + (options.coalesce.isZero() ? "off" : Units.format(options.coalesce))
                + (options.busyPoll.isOff()
                        ? ""
                        : ", busy-poll " + Settings.BUSY_POLL.kind().write(options.busyPoll));
    }

    private static String process(Row.External external) {
        String cpus = external.pids().isEmpty()
                ? null
                : Pinning.allowed(Proc.REAL, Long.toString(external.pids().getLast()));
        return cpus == null
                ? ", its process is not known, and so its CPU is not"
                : ", pid " + external.pids().stream().map(String::valueOf).collect(Collectors.joining(" ")) + " on CPU "
                        + cpus;
    }

    /** The network, once it is there. */
    static String network(Plan plan, Lab lab, MachineFacts machine) {
        String congestion = ", congestion control " + lab.congestion();
        if (plan.network().namespaces()) {
            return "network namespaces joined by veth, MTU " + plan.network().mtu() + congestion;
        }
        if (plan.server() != null) {
            return "server at " + Targets.literal(plan.server()) + congestion + " here";
        }
        return "loopback, MTU " + machine.loopbackMtu() + congestion;
    }
}
