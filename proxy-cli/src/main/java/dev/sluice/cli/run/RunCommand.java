package dev.sluice.cli.run;

import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Exit;
import dev.sluice.cli.common.InternalErrors;
import dev.sluice.cli.common.Signals;
import dev.sluice.cli.common.StopSignals;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.file.ConfigFile;
import dev.sluice.cli.log.Messages;
import dev.sluice.cli.options.ConfigVariable;
import dev.sluice.cli.options.EnvironmentOptions;
import dev.sluice.cli.options.Given;
import dev.sluice.cli.options.ServiceConfig;
import dev.sluice.cli.options.SettingOptions;
import dev.sluice.cli.options.Settings;
import dev.sluice.cli.text.OneLine;
import dev.sluice.proxy.Takeover;
import dev.sluice.proxy.config.Activation;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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
        customSynopsis = {
            "sluice run --listen ADDRESS --to ADDRESS[,ADDRESS...] [--listen ... --to ...] [OPTIONS]",
            "       sluice run -c FILE [OPTIONS]"
        },
        description = "Forwards what connects to each --listen to the --to behind it, until SIGTERM or SIGINT.",
        footer = {
            "",
            "Durations: 5s, 250ms, 50us, 30m, 1h, 1d, 0. Sizes: 65536, 64KiB, 1MiB.",
            "Every option but --takeover can be given by the environment instead, --pipe-size by",
            "SLUICE_PIPE_SIZE; the option wins. SLUICE_LISTEN and SLUICE_TO may hold several, separated by",
            "blanks or ';'.",
            "With -c (SLUICE_CONFIG), options and variables beat the file; those of a listener are for listeners",
            "that have none of their own. 'sluice check' tells what is wrong with a file, 'sluice config' what it",
            "amounts to.",
            "",
            "stdout: the access log. stderr: one line per listener, warnings, errors.",
            "SIGTERM, SIGINT, SIGHUP: not ready, after --drain-delay no new sessions, and exit when those there have",
            "ended or --drain-timeout is over (exit code 0); a second signal: at once (exit code 1). With -c, SIGHUP",
            "reads the file again and goes over to it, whole or not at all, without a lost connection. A successor",
            "that takes over: as SIGTERM, without the delay. SIGUSR1 opens the file of the access log anew.",
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
        String name = configFile();
        ConfigFile file = name == null ? null : readValid(name);
        if (name != null && file == null) {
            return Exit.USAGE;
        }
        ServiceConfig config = file == null ? ofOptions() : file.config();
        StopSignals signals = new StopSignals();
        try (Messages messages = new Messages(console.stderr())) {
            Thread.setDefaultUncaughtExceptionHandler(
                    new DeadThreads(messages, console.environment(), Runtime.getRuntime()::halt));
            try (Admin admin = admin(config, file, messages)) {
                return run(file, config, signals, messages, admin);
            }
        }
    }

    /** What it does until it stops. */
    private int run(
            @Nullable ConfigFile file,
            ServiceConfig config,
            StopSignals signals,
            Messages messages,
            @Nullable Admin admin) {
        Takeover takeover = takeover(config, new Succession(signals, messages, admin));
        Activation activation =
                Activation.of(console.environment(), ProcessHandle.current().pid());
        Service service = new Service(
                console.stdout(), messages, config, activation, takeover, admin == null ? null : admin.metrics());
        Signals.handle("USR1", service::reopenLog);
        service.exitWhenIdle(signals::hurry);
        Reloader reloader = null;
        if (file == null) {
            signals.install();
        } else {
            String path = file.name(); // what was read is not to be kept
            reloader = new Reloader(
                    service,
                    messages,
                    console.environment(),
                    () -> read(path),
                    read -> admin == null ? List.of() : admin.applied(read));
            signals.install(new OnRequest("sluice-reload", reloader)::request);
        }
        try {
            StartLines.tell(config.proxy(), service.listeners(), messages);
            messages.start();
            if (admin != null) {
                admin.serve(service, signals, reloader);
            }
            return new Departure(service, signals, messages).await();
        } catch (RuntimeException | Error e) {
            service.close();
            messages.say(InternalErrors.describe(e, console.environment()));
            return Exit.FAILED;
        }
    }

    private @Nullable Admin admin(ServiceConfig config, @Nullable ConfigFile file, Messages messages) {
        return config.admin().isOn()
                ? Admin.bind(config, Given.to(spec), file, messages, console.environment(), options.isSuccessor())
                : null;
    }

    /** What a takeover has to say, and that this process is to end when another one goes on in its place. */
    private record Succession(
            StopSignals signals,
            Messages messages,
            @Nullable Admin admin) implements Takeover.Observer {
        @Override
        public void told(String text) {
            messages.say(OneLine.of(text));
        }

        @Override
        public void succeeded() {
            try {
                if (admin != null) {
                    admin.giveUp();
                }
            } finally {
                signals.hurry(); // whatever becomes of the admin interface
            }
        }
    }

    private @Nullable Takeover takeover(ServiceConfig config, Takeover.Observer observer) {
        try {
            return options.takeover(config.takeoverSocket(), observer);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    /** The configuration file; null if options or variables name listeners. */
    private @Nullable String configFile() {
        Set<String> more = new HashSet<>(Forwards.VARIABLES);
        more.add(ConfigVariable.NAME);
        for (String name : EnvironmentOptions.unknown(console.environment(), more)) {
            console.say("warning: " + OneLine.of(name) + " is no variable of sluice ('sluice run --help' tells which)");
        }
        EnvironmentOptions.apply(spec.commandLine().getParseResult(), console.environment());
        try {
            return options.file(console.environment());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    /** What the options and the environment make, without a file. */
    private ServiceConfig ofOptions() {
        try {
            return options.toConfig(forwards(spec.commandLine().getParseResult()));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    /** The file; null when it is not valid, which has been told then. */
    private @Nullable ConfigFile readValid(String name) {
        ConfigFile file = read(name);
        for (String problem : file.problems()) {
            console.stderr().print(problem + "\n");
        }
        console.stderr().flush();
        return file.isValid() ? file : null;
    }

    private ConfigFile read(String name) {
        return ConfigFile.read(name, console.environment(), Given.to(spec));
    }

    /** For tests: what {@code run} would go by, without a file. */
    ServiceConfig configure() {
        configFile();
        return ofOptions();
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
}
