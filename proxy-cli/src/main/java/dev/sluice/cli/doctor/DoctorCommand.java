package dev.sluice.cli.doctor;

import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Exit;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.machine.PipeLimits;
import dev.sluice.cli.machine.Proc;
import dev.sluice.cli.options.EnvironmentOptions;
import dev.sluice.cli.options.SettingOptions;
import dev.sluice.cli.options.Settings;
import dev.sluice.cli.text.Units;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.proxy.config.Pin;
import dev.sluice.proxy.cpu.Placement;
import dev.sluice.proxy.cpu.SpinAdvice;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice doctor}: tells what this machine allows, and whether splicing really works on it. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Tells what this machine allows (pipes, limits, capabilities) and whether"
                + " socket -> pipe -> socket really works on it.",
        footer = {"", "Exit: 0 sluice can splice here, 1 it cannot, 2 wrong usage."})
public final class DoctorCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private final Console console;

    @Spec
    private CommandSpec spec;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields
    private DoctorCommand(Console console) {
        this.console = console;
    }

    /** The command with its options. */
    public static CommandLine create(Console console) {
        CommandLine command = new CommandLine(new DoctorCommand(console));
        SettingOptions.add(
                command.getCommandSpec(), 1, Settings.PIPE_SIZE, "The size to do the sums for, as for 'run'.");
        return command;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        EnvironmentOptions.apply(spec.commandLine().getParseResult(), console.environment());
        int pipeSize = SettingOptions.value(spec, Settings.PIPE_SIZE);
        Report report = new Report();
        report.ok("version", new Version().getVersion());
        try (Kernel kernel = LinuxKernel.open()) {
            report.ok(
                    "machine",
                    Runtime.getRuntime().availableProcessors() + " cores to use, pages of "
                            + Units.formatSize(kernel.pageSize()));
            splice(report, pipeSize);
            Examination.spinning(report, SpinAdvice.here(Settings.THREADS.standard()));
            Examination.pinning(report, Placement.here(Pin.AUTO, Settings.THREADS.standard()));
            Examination examination = new Examination(Proc.REAL, report);
            examination.pipes(PipeLimits.of(Proc.REAL, kernel.pageSize()), pipeSize);
            examination.files(kernel.getFileLimit(false), kernel.getFileLimit(true));
            examination.capabilities();
            examination.network();
        }
        console.stdout().write(report.toString().getBytes(StandardCharsets.UTF_8));
        console.stdout().flush();
        return report.hasFailed() ? Exit.FAILED : Exit.OK;
    }

    private void splice(Report report, int pipeSize) throws InterruptedException {
        SpliceCheck.Result result = SpliceCheck.run(pipeSize, PATIENCE);
        String what = Units.formatSize(SpliceCheck.BYTES) + " from socket through pipe to socket over loopback";
        if (result.passed()) {
            report.ok(
                    "splice",
                    what + ": SHA-256 agrees",
                    "pipe of " + Units.formatSize(pipeSize) + " asked, " + Units.formatSize(result.pipeSize())
                            + " got");
        } else {
            report.fail(
                    "splice",
                    what + ": " + result.failure(),
                    "a sandbox that emulates or forbids splice(2)? 'sluice run --relay copy' does without it");
        }
    }
}
