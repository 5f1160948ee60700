package dev.sluice.cli;

import dev.sluice.cli.ask.DrainCommand;
import dev.sluice.cli.ask.EndpointCommand;
import dev.sluice.cli.ask.EndpointsCommand;
import dev.sluice.cli.ask.EventsCommand;
import dev.sluice.cli.ask.KillCommand;
import dev.sluice.cli.ask.QuitCommand;
import dev.sluice.cli.ask.ReloadCommand;
import dev.sluice.cli.ask.SessionsCommand;
import dev.sluice.cli.ask.StatusCommand;
import dev.sluice.cli.ask.UpstreamCommand;
import dev.sluice.cli.ask.top.TopCommand;
import dev.sluice.cli.bench.BenchCommand;
import dev.sluice.cli.check.CheckCommand;
import dev.sluice.cli.check.ConfigCommand;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Exit;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.demo.DemoCommand;
import dev.sluice.cli.doctor.DoctorCommand;
import dev.sluice.cli.run.RunCommand;
import dev.sluice.cli.wait.WaitCommand;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The {@code sluice} command; its work is in its subcommands. */
@Command(
        name = "sluice",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Forwards TCP connections through kernel pipes with splice(2).",
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Try 'sluice demo' for a look, 'sluice doctor' for what this machine allows,",
            "and 'sluice run --listen 127.0.0.1:6432 --to db1:5432' for work.",
            "",
            "Exit: 0 done, 1 failed or cannot start, 2 wrong usage or configuration."
        })
public final class Main implements Callable<Integer> {
    /** Names and what help says of them. */
    private static final List<Map.Entry<String, String>> SELDOM = List.of(
            Map.entry("bench", "Measures direct, copy, splice and auto side by side."),
            Map.entry("check", "Checks a configuration file."),
            Map.entry("config", "Prints what a configuration file amounts to, or its schema."),
            Map.entry("top", "Watches a running proxy, full screen."),
            Map.entry("status", "Shows how a running proxy is."),
            Map.entry("sessions", "Lists its live sessions."),
            Map.entry("endpoints", "Lists its endpoints with their state."),
            Map.entry("events", "Lists what has happened to it lately."),
            Map.entry("kill", "Ends sessions."),
            Map.entry("endpoint", "Sets an endpoint up, down or to drain, by hand."),
            Map.entry("upstream", "Pauses or resumes an upstream, or has its sessions spread anew."),
            Map.entry("reload", "Has it read its configuration file again."),
            Map.entry("drain", "Has it accept nothing new, and end with its sessions."),
            Map.entry("quit", "Stops it at once."),
            Map.entry("wait", "Waits until something can be connected to."));

    @Spec
    private CommandSpec spec;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields
    private Main() {}

    /** Runs the command and exits with its code. */
    public static void main(String[] args) {
        // Not System.out: it hides write errors, and its charset depends on where it was started.
        FileOutputStream stdout = new FileOutputStream(FileDescriptor.out);
        PrintStream stderr = new PrintStream(new FileOutputStream(FileDescriptor.err), false, StandardCharsets.UTF_8);
        System.exit(execute(new Console(System.getenv(), stdout, stderr), args));
    }

    /** Runs the command and returns its exit code. */
    public static int execute(Console console, String... args) {
        PrintWriter out = new PrintWriter(new OutputStreamWriter(console.stdout(), StandardCharsets.UTF_8));
        ErrorReporter errors = new ErrorReporter(console);
        try {
            CommandLine commands = new CommandLine(new Main());
            String first = args.length == 0 ? "" : args[0];
            if (first.equals("wait")) { // like run, it is to start fast, and needs no names but its own
                commands.addSubcommand(new WaitCommand(console));
            } else {
                commands.addSubcommand(RunCommand.create(console));
                commands.addSubcommand(new DemoCommand(console));
                commands.addSubcommand(DoctorCommand.create(console));
            }
            if (!first.equals("run") && !first.equals("wait")) {
                SELDOM.forEach(one -> commands.addSubcommand(seldom(console, one.getKey(), one.getValue(), args)));
            }
            return commands.setExpandAtFiles(false)
                    .setUsageHelpWidth(100)
                    .setOut(out)
                    .setErr(new PrintWriter(console.stderr(), false, StandardCharsets.UTF_8))
                    .setParameterExceptionHandler(errors)
                    .setExecutionExceptionHandler(errors)
                    .setExecutionStrategy(Main::runWhatWasUnderstood)
                    .execute(args);
        } finally {
            out.flush();
        }
    }

    /** Picocli lets any word pass beside --help; but help on something else is no help on what was asked. */
    private static int runWhatWasUnderstood(ParseResult words) {
        for (ParseResult at = words; at != null; at = at.subcommand()) {
            if (!at.unmatched().isEmpty()) {
                throw new UnmatchedArgumentException(at.commandSpec().commandLine(), at.unmatched());
            }
        }
        return new CommandLine.RunLast().execute(words);
    }

    /** A command that is not made unless it was asked for, so that no other one starts slower: a name stands in for it. */
    private static CommandLine seldom(Console console, String name, String description, String... args) {
        if (args.length > 0 && args[0].equals(name)) {
            return switch (name) {
                case "bench" -> BenchCommand.create(console);
                case "check" -> CheckCommand.create(console);
                case "config" -> ConfigCommand.create(console);
                case "top" -> new CommandLine(new TopCommand(console));
                case "status" -> new CommandLine(new StatusCommand(console));
                case "sessions" -> new CommandLine(new SessionsCommand(console));
                case "endpoints" -> new CommandLine(new EndpointsCommand(console));
                case "endpoint" -> new CommandLine(new EndpointCommand(console));
                case "upstream" -> new CommandLine(new UpstreamCommand(console));
                case "kill" -> new CommandLine(new KillCommand(console));
                case "events" -> new CommandLine(new EventsCommand(console));
                case "reload" -> new CommandLine(new ReloadCommand(console));
                case "drain" -> new CommandLine(new DrainCommand(console));
                default -> new CommandLine(new QuitCommand(console));
            };
        }
        CommandSpec stand = CommandSpec.create().name(name);
        stand.usageMessage().description(description);
        return new CommandLine(stand);
    }

    @Override
    public Integer call() {
        PrintWriter err = spec.commandLine().getErr();
        spec.commandLine().usage(err);
        err.flush();
        return Exit.USAGE;
    }
}
