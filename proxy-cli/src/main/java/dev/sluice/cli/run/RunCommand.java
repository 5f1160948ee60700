package dev.sluice.cli.run;

import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Exit;
import dev.sluice.cli.common.InternalErrors;
import dev.sluice.cli.common.StopSignals;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.log.Messages;
import dev.sluice.cli.machine.PipeLimits;
import dev.sluice.cli.machine.Proc;
import dev.sluice.cli.options.EnvironmentOptions;
import dev.sluice.cli.options.SettingOptions;
import dev.sluice.cli.options.Settings;
import dev.sluice.cli.text.OneLine;
import dev.sluice.cli.text.Units;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.proxy.BoundListener;
import dev.sluice.proxy.Takeover;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.UpstreamConfig;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** {@code sluice run}: forwards until a signal ends it. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        customSynopsis = "sluice run --listen ADDRESS --to ADDRESS[,ADDRESS...] [--listen ... --to ...] [OPTIONS]",
        description = "Forwards what connects to each --listen to the --to behind it, until SIGTERM or SIGINT.",
        footer = {
            "",
            "Durations: 5s, 250ms, 50us, 30m, 1h, 1d, 0. Sizes: 65536, 64KiB, 1MiB.",
            "Every option but --takeover can be given by the environment instead, --pipe-size by",
            "SLUICE_PIPE_SIZE; the option wins. SLUICE_LISTEN and SLUICE_TO may hold several, separated by",
            "blanks or ';'.",
            "",
            "stdout: the access log. stderr: one line per listener, warnings, errors.",
            "SIGTERM, SIGINT, SIGHUP: no new sessions, and exit when those there have ended or --drain-timeout is",
            "over (exit code 0); a second signal: at once (exit code 1). A successor that takes over: as SIGTERM.",
            "Exit: 0 done, 1 cannot start or failed, 2 wrong usage or configuration.",
            "",
            "Example: sluice run --listen 127.0.0.1:6432 --to db1:5432,db2:5432 --idle-timeout 30m"
        })
public final class RunCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private RunOptions options = new RunOptions();

    @Spec
    private CommandSpec spec;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields
    private RunCommand(Console console) {
        this.console = console;
    }

    /** The command with its options. */
    public static CommandLine create(Console console) {
        CommandLine command = new CommandLine(new RunCommand(console));
        SettingOptions.add(command.getCommandSpec(), RunOptions.FIRST_SETTING, Settings.ALL);
        return command;
    }

    @Override
    public Integer call() {
        ProxyConfig config = configure();
        StopSignals signals = new StopSignals();
        try (Messages messages = new Messages(console.stderr())) {
            Thread.setDefaultUncaughtExceptionHandler(
                    new DeadThreads(messages, console.environment(), Runtime.getRuntime()::halt));
            Takeover takeover = options.takeover(new Succession(signals, messages));
            Service service = new Service(console.stdout(), messages, config, options.accessLog(), takeover);
            signals.install();
            try {
                tellStart(config, service, messages);
                messages.start();
                return stop(service, signals, messages);
            } catch (RuntimeException | Error e) {
                service.close();
                messages.say(InternalErrors.describe(e, console.environment()));
                return Exit.FAILED;
            }
        }
    }

    /** What a takeover has to say, and that this process is to end when another one goes on in its place. */
    private record Succession(StopSignals signals, Messages messages) implements Takeover.Observer {
        @Override
        public void told(String text) {
            messages.say(OneLine.of(text));
        }

        @Override
        public void succeeded() {
            signals.release();
        }
    }

    private void tellStart(ProxyConfig config, Service service, Messages messages) {
        PipeLimits limits = pipeLimits();
        if (options.relay() != RelayMode.COPY && !limits.allows(config.buffers().pipeSize())) {
            messages.warn("pipes stay at "
                    + Units.formatSize(limits.granted(config.buffers().pipeSize())) + ", since fs.pipe-max-size is "
                    + Units.formatSize(limits.maxSize()));
        }
        for (BoundListener listener : service.listeners()) {
            messages.say(startLine(config, limits, listener));
        }
    }

    /** The configuration that the options and the environment make. */
    ProxyConfig configure() {
        ParseResult parsed = spec.commandLine().getParseResult();
        for (String name : EnvironmentOptions.unknown(console.environment(), Forwards.VARIABLES)) {
            console.say("warning: " + OneLine.of(name) + " is no variable of sluice ('sluice run --help' tells which)");
        }
        EnvironmentOptions.apply(parsed, console.environment());
        try {
            return options.toConfig(forwards(parsed));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private List<Forwards.Forward> forwards(ParseResult parsed) {
        List<Forwards.Forward> forwards = options.hasForwards()
                ? Forwards.ofOptions(parsed)
                : Forwards.ofVariables(
                        console.environment().getOrDefault(Forwards.LISTEN_VARIABLE, ""),
                        console.environment().getOrDefault(Forwards.TO_VARIABLE, ""));
        if (forwards.isEmpty()) {
            throw new IllegalArgumentException("nothing to listen on" + Forwards.EXAMPLE);
        }
        return forwards;
    }

    private static PipeLimits pipeLimits() {
        try (Kernel kernel = LinuxKernel.open()) {
            return PipeLimits.of(Proc.REAL, kernel.pageSize());
        }
    }

    /** What one listener does, as the kernel has it. */
    private static String startLine(ProxyConfig config, PipeLimits limits, BoundListener listener) {
        StringBuilder line = new StringBuilder("listening on ").append(listener.address());
        for (UpstreamConfig upstream : config.upstreams()) {
            if (upstream.name().equals(listener.config().upstream())) {
                line.append(" -> ")
                        .append(upstream.addresses().stream()
                                .map(Object::toString)
                                .collect(Collectors.joining(",")));
            }
        }
        line.append(" (")
                .append(listener.config().relay())
                .append(", ")
                .append(counted(config.loops().threads(), "thread"));
        if (listener.config().relay() != RelayMode.COPY) {
            line.append(", ")
                    .append(Units.formatSize(limits.granted(config.buffers().pipeSize())))
                    .append(" pipes");
        }
        Duration idle = listener.config().timeouts().idle();
        line.append(idle.isZero() ? ", no idle timeout" : ", idle " + Units.format(idle));
        if (!config.loops().busyPoll().isZero()) {
            line.append(", busy-poll ").append(Units.format(config.loops().busyPoll()));
        }
        return OneLine.of(line.append(')').toString());
    }

    /** Waits for the signal and does what it asks for. Nothing here waits for what it says to be read. */
    private int stop(Service service, StopSignals signals, Messages messages) {
        long cut = 0;
        boolean atOnce = false;
        try {
            String again = signals.await() ? "again" : "a second signal";
            messages.say("draining " + counted(service.sessions(), "session") + ", "
                    + Units.format(options.drainTimeout()) + " at most (" + again + ": stop at once)");
            if (!service.drain(options.drainTimeout())) {
                cut = service.sessions();
            }
        } catch (InterruptedException e) {
            atOnce = true;
            cut = service.sessions();
        }
        service.close();
        if (atOnce) {
            messages.say("stopped at once, " + counted(cut, "session") + " cut");
            return Exit.FAILED;
        }
        if (cut > 0) {
            messages.say(Units.format(options.drainTimeout()) + " are over, " + counted(cut, "session") + " cut");
        }
        return Exit.OK;
    }

    private static String counted(long count, String noun) {
        return count + " " + noun + (count == 1 ? "" : "s");
    }
}
