package dev.sluice.cli.bench;

import dev.sluice.cli.bench.export.Outputs;
import dev.sluice.cli.bench.lab.Lab;
import dev.sluice.cli.bench.lab.Pinning;
import dev.sluice.cli.bench.load.LoadCommand;
import dev.sluice.cli.bench.load.ServerCommand;
import dev.sluice.cli.bench.report.HtmlReport;
import dev.sluice.cli.bench.result.Header;
import dev.sluice.cli.bench.result.Results;
import dev.sluice.cli.bench.result.ResultsCsv;
import dev.sluice.cli.bench.result.ResultsJson;
import dev.sluice.cli.bench.result.TableText;
import dev.sluice.cli.bench.techniques.TechniquesCommand;
import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Exit;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.machine.MachineFacts;
import dev.sluice.cli.machine.PipeLimits;
import dev.sluice.cli.machine.Proc;
import dev.sluice.cli.progress.Progress;
import dev.sluice.cli.text.OneLine;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxKernel;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice bench}: direct, copy, splice, auto and others side by side. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        customSynopsis = {
            "sluice bench [OPTIONS]",
            "       sluice bench server --listen ADDRESS",
            "       sluice bench techniques [OPTIONS]"
        },
        description = {
            "Measures direct, copy, splice and auto side by side: each proxy a process of its own, and so",
            "are client and server of the load; in rounds, in rotation. Does splice help here?"
        },
        footer = {
            "",
            "CPU is that of the proxy's whole process, and 'machine' that of all CPUs: a gain in the first",
            "only was moved to a neighbour. Figures are medians, with (least-most) of the rounds. GiB are of",
            "payload, both directions. 'CPU vs copy' compares round by round. Latency of churn is from connect",
            "to answer.",
            "",
            "Of mixed, requests/s and latency are the pings', GiB/s the streams'. In JSON and CSV these are",
            "ops_per_s, p50_us to max_us, and gib_per_s; 'connections' and 'size' are the pings', 'streams' is",
            "how many streams. All CPU is charged to the streams (cpu_s_per_gib), also what the pings took:",
            "none is given per request.",
            "",
            "stdout: the table. stderr: what is going on. Ctrl-C: ends all processes, removes the namespaces,",
            "shows what was measured so far, and exits with 130.",
            "Exit: 0 done, 1 cannot start or failed, 2 wrong usage, or something in the way.",
            "",
            "Examples:",
            "  sluice bench --report bench.html",
            "  sluice bench --sweep",
            "  sluice bench --workload ping --size 4KiB --rate 20000 --rounds 5",
            "  sluice bench --workload mixed --streams 8 --connections 16",
            "  sluice bench --against 127.0.0.1:7101=haproxy     (which forwards to 127.0.0.1:7190)"
        })
public final class BenchCommand implements Callable<Integer> {
    private static final String CUT_SHORT = "interrupted: some rounds or cases are missing";

    private final Console console;

    @Mixin
    private BenchOptions options = new BenchOptions();

    @Spec
    private CommandSpec spec;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields
    private BenchCommand(Console console) {
        this.console = console;
    }

    /** The command with its subcommands. */
    public static CommandLine create(Console console) {
        return new CommandLine(new BenchCommand(console))
                .addSubcommand(new ServerCommand(console))
                .addSubcommand(new TechniquesCommand(console))
                .addSubcommand(new LoadCommand(console.stdout()));
    }

    @Override
    public Integer call() {
        Plan plan;
        Outputs outputs;
        PipeLimits limits;
        try (Kernel kernel = LinuxKernel.open()) {
            limits = PipeLimits.of(Proc.REAL, kernel.pageSize());
            outputs = new Outputs()
                    .to("--json", options.json)
                    .to("--csv", options.csv)
                    .to("--report", options.report);
            plan = new Preflight(options, kernel.getFileLimit(true), Lab.canHaveNamespaces()).plan();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
        announce(plan);
        Results results = new Results();
        MachineFacts machine = MachineFacts.here();
        Header header = Circumstances.header(plan, options, limits, machine);
        try (Interruption interruption = new Interruption()) {
            CommandFailure failure = carryOut(plan, machine, header, results, interruption);
            if (!results.isEmpty()) {
                outputs.write(
                        console,
                        TableText.of(header, results),
                        Map.of(
                                "--json", () -> ResultsJson.of(header, results),
                                "--csv", () -> ResultsCsv.of(results),
                                "--report", () -> HtmlReport.of(header, results)));
            }
            if (interruption.requested()) {
                console.say("interrupted" + (results.isEmpty() ? " before anything was measured" : ""));
                return Exit.FAILED;
            }
            if (failure != null) {
                throw failure;
            }
            return results.isEmpty() ? Exit.FAILED : Exit.OK;
        }
    }

    /** Measures into the results. Returns what ended it before its time, if something did. */
    private @Nullable CommandFailure carryOut(
            Plan plan, MachineFacts machine, Header header, Results results, Interruption interruption) {
        Pinning pinning = plan.pin() ? Pinning.suitable() : Pinning.none("not pinned (--no-pin)");
        header.with("pinning", pinning.why());
        try (Progress progress = Progress.ofTime(console.stderr(), plan.estimate());
                Lab lab = new Lab(plan.network(), pinning)) {
            header.with("network", Circumstances.network(plan, lab, machine));
            try (Bench bench = new Bench(plan, lab, results, progress)) {
                bench.run();
            }
            return null;
        } catch (InterruptedException e) {
            results.note(CUT_SHORT);
            return null;
        } catch (CommandFailure e) {
            results.note(interruption.requested() ? CUT_SHORT : String.valueOf(e.getMessage()));
            return e;
        }
    }

    /** {@code 2 min 45 s}, or {@code 2 min 45 s, at most 4 min}. */
    private static String duration(Plan plan) {
        String least = Preflight.rounded(plan.estimate());
        String most = Preflight.rounded(plan.most());
        return least.equals(most) ? least : least + ", at most " + most;
    }

    private void announce(Plan plan) {
        console.say(
                "measuring " + plan.rows().size() + " rows by " + plan.cases().size() + " cases; rounds: "
                        + plan.stopRule().text(plan.window()) + "; about " + duration(plan)
                        + " (Ctrl-C shows what was measured so far)");
        for (Row row : plan.rows()) {
            if (row instanceof Row.External external && plan.server() == null) {
                console.say(OneLine.of(external.name() + " at " + external.text() + " must forward to 127.0.0.1:"
                        + plan.serverPort()));
            }
        }
    }
}
