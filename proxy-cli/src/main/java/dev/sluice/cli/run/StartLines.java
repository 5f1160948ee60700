package dev.sluice.cli.run;

import dev.sluice.cli.log.Messages;
import dev.sluice.cli.machine.PipeLimits;
import dev.sluice.cli.machine.Proc;
import dev.sluice.cli.options.Settings;
import dev.sluice.cli.text.OneLine;
import dev.sluice.cli.text.Units;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.proxy.BoundListener;
import dev.sluice.proxy.config.BusyPoll;
import dev.sluice.proxy.config.CpuList;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.Pin;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.cpu.Placement;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/** What a service says when it has started: a line for each listener, and what the machine does not allow. */
final class StartLines {
    private StartLines() {}

    static void tell(ProxyConfig config, List<BoundListener> listeners, Messages messages) {
        PipeLimits limits = pipeLimits();
        boolean pipes =
                listeners.stream().anyMatch(listener -> listener.config().relay() != RelayMode.COPY);
        if (pipes && !limits.allows(config.buffers().pipeSize())) {
            messages.warn("pipes stay at "
                    + Units.formatSize(limits.granted(config.buffers().pipeSize())) + ", since fs.pipe-max-size is "
                    + Units.formatSize(limits.maxSize()));
        }
        for (BoundListener listener : listeners) {
            messages.say(line(config, limits, listener));
        }
        Pin pin = config.loops().pin();
        if (pin.auto()) {
            Placement placement = Placement.here(pin, config.loops().threads());
            messages.say("pin auto" + (placement.cpus().isEmpty() ? " is off: " : ": ") + placement.reason());
        }
    }

    private static PipeLimits pipeLimits() {
        try (Kernel kernel = LinuxKernel.open()) {
            return PipeLimits.of(Proc.REAL, kernel.pageSize());
        }
    }

    /** What one listener does, as the kernel has it. */
    private static String line(ProxyConfig config, PipeLimits limits, BoundListener listener) {
        StringBuilder line = new StringBuilder(listener.listening() ? "listening on " : "closed until somebody is up: ")
                .append(listener.address());
        for (UpstreamConfig upstream : config.upstreams()) {
            if (upstream.name().equals(listener.config().upstream())) {
                line.append(" -> ")
                        .append(upstream.endpointSources().stream()
                                .map(Object::toString)
                                .collect(Collectors.joining(",")));
            }
        }
        line.append(" (");
        if (listener.config().bind() instanceof EndpointAddress.Passed passed) {
            line.append(passed).append(", ");
        }
        line.append(listener.config().relay())
                .append(", ")
                .append(Units.counted(config.loops().threads(), "thread"));
        if (listener.config().relay() != RelayMode.COPY) {
            line.append(", ")
                    .append(Units.formatSize(limits.granted(config.buffers().pipeSize())))
                    .append(" pipes");
        }
        Duration idle = listener.config().timeouts().idle();
        line.append(idle.isZero() ? ", no idle timeout" : ", idle " + Units.format(idle));
        BusyPoll poll = config.loops().busyPoll();
        if (!poll.auto()) {
            line.append(", busy-poll ").append(Settings.BUSY_POLL.kind().write(poll));
        }
        Pin pin = config.loops().pin();
        if (!pin.cpus().isEmpty()) {
            line.append(", pinned to ")
                    .append(CpuList.words(pin.cpus().subList(0, config.loops().threads())));
        }
        return OneLine.of(line.append(')').toString());
    }
}
