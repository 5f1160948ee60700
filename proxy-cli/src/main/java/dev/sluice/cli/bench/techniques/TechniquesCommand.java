package dev.sluice.cli.bench.techniques;

import dev.sluice.cli.bench.export.Outputs;
import dev.sluice.cli.bench.lab.Pinning;
import dev.sluice.cli.bench.techniques.send.Catalogue;
import dev.sluice.cli.bench.techniques.send.Content;
import dev.sluice.cli.bench.techniques.send.Pattern;
import dev.sluice.cli.bench.techniques.send.SourceFile;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Exit;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.machine.MachineFacts;
import dev.sluice.cli.progress.Progress;
import dev.sluice.cli.text.Units;
import dev.sluice.linux.FileCalls;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.LinuxFileCalls;
import dev.sluice.linux.LinuxKernel;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code sluice bench techniques}: the classical table of zero-copy, measured on this machine. */
@Command(
        name = "techniques",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = "Measures the ways of getting a file, memory or another socket's bytes into a socket with as few"
                + " copies as possible, each beside what the textbooks claim of it.",
        footer = {
            "",
            "All is sent over loopback, from one thread to another. Every technique is checked by SHA-256",
            "before it is measured; one that cannot be measured here says why.",
            "Exit: 0 done, 1 failed while running, 2 wrong usage, no room, or a folder that cannot be written to.",
            "",
            "Example: sluice bench techniques --size 1GiB --dir /var/tmp"
        })
public final class TechniquesCommand implements Callable<Integer> {
    private static final long MIN_SIZE = 64 << 10;
    private static final long MAX_SIZE = 1L << 40;
    private static final int MAX_CHUNK = 16 << 20;
    private static final int MAX_ROUNDS = 1000;

    /** More than this in all would take hours. */
    private static final long MAX_TRAFFIC = 4L << 40;

    /** Left free on the disk beside the file. */
    private static final long RESERVE = 16 << 20;

    private final Console console;

    @Option(
            names = "--size",
            paramLabel = "SIZE",
            order = 1,
            converter = FileSize.class,
            description = "Of the file, 64 KiB to 1 TiB, in whole pages of 4 KiB. Default: 256MiB.")
    private long size = 256L << 20;

    @Option(
            names = "--chunk",
            paramLabel = "SIZE",
            order = 2,
            converter = ChunkSize.class,
            description = "Asked for in each call, 4 KiB to 16 MiB, a multiple of 4 KiB. Default: 64KiB.")
    private int chunk = 64 << 10;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            order = 3,
            description = "Of which the medians are shown, 1 to 1000. Default: 5.")
    private int rounds = 5;

    @Option(
            names = "--dir",
            paramLabel = "FOLDER",
            order = 4,
            description = "Where the file is made. Default: the folder for temporary files."
                    + " A tmpfs has no disk below it, and some kernels no O_DIRECT on it.")
    private Path folder = Path.of(System.getProperty("java.io.tmpdir", "/tmp"));

    @Option(
            names = "--pattern",
            paramLabel = "kafka|rocketmq",
            order = 5,
            converter = PatternName.class,
            description =
                    "Measures a known composition instead: kafka appends through a mapping and serves by sendfile,"
                            + " rocketmq appends through a mapping and serves by mmap + write.")
    private @Nullable Pattern pattern;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            order = 6,
            description = "All figures; '-': to stdout, and the table to stderr.")
    private @Nullable String json;

    @Option(
            names = "--csv",
            paramLabel = "FILE",
            order = 7,
            description = "A line for each technique; '-': to stdout, and the table to stderr.")
    private @Nullable String csv;

    @Spec
    private CommandSpec spec;

    private final List<TechniqueResult> results = new ArrayList<>();
    private final AtomicBoolean printed = new AtomicBoolean();

    @SuppressWarnings("NullAway.Init") // picocli sets the fields
    public TechniquesCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        check();
        Outputs outputs = outputs();
        try (Kernel kernel = LinuxKernel.open();
                FileCalls files = LinuxFileCalls.open()) {
            SourceFile file;
            Content content = new Content();
            try {
                file = SourceFile.create(folder, size, files);
            } catch (KernelException e) {
                throw refuse("--dir " + folder + " cannot be written to: " + e.getMessage());
            }
            try {
                fill(file, content, kernel, files);
                measure(file, content, outputs);
            } finally {
                file.close(kernel);
            }
        }
        return results.stream().anyMatch(TechniqueResult::measured) ? Exit.OK : Exit.FAILED;
    }

    private void check() throws IOException {
        if (rounds < 1 || rounds > MAX_ROUNDS) {
            throw refuse("--rounds '" + rounds + "' is out of range: 1 to " + MAX_ROUNDS);
        }
        if (size > MAX_TRAFFIC / rounds) {
            throw refuse("--size and --rounds together are more than " + Units.formatSize(MAX_TRAFFIC)
                    + " for each technique, which would take hours");
        }
        if (!Files.isDirectory(folder)) {
            throw refuse("--dir " + folder + ": no such folder");
        }
        long free = Files.getFileStore(folder).getUsableSpace();
        if (free < size + RESERVE) {
            throw refuse("--dir " + folder + " has " + (free >> 20) + " MiB left; a file of " + Units.formatSize(size)
                    + " needs " + ((size + RESERVE) >> 20) + " MiB");
        }
    }

    private Outputs outputs() {
        try {
            return new Outputs().to("--json", json).to("--csv", csv);
        } catch (IllegalArgumentException e) {
            throw refuse(String.valueOf(e.getMessage()));
        }
    }

    private ParameterException refuse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private void fill(SourceFile file, Content content, Kernel kernel, FileCalls files) {
        try {
            file.fill(content, kernel, files);
        } catch (KernelException e) {
            throw refuse(
                    "--dir " + folder + " does not take a file of " + Units.formatSize(size) + ": " + e.getMessage());
        }
    }

    private void measure(SourceFile file, Content content, Outputs outputs) throws IOException {
        FileStore store = Files.getFileStore(folder);
        Pinning pinning = Pinning.suitable();
        Setting setting = new Setting(pattern, size, chunk, rounds, folder, store.type(), MachineFacts.here(), pinning);
        int rows = pattern == null ? Catalogue.all().size() : Campaign.PATTERN_ROWS;
        Progress progress = Progress.ofSteps(console.stderr(), Campaign.steps(rows, rounds));
        Thread hook = new Thread(
                () -> {
                    progress.close();
                    print(setting, outputs);
                },
                "sluice-interrupted");
        try (progress;
                RoundRunner runner = new RoundRunner(file, content, chunk, pinning)) {
            Runtime.getRuntime().addShutdownHook(hook);
            Runnable onRounds = () -> {
                if (!progress.isShown()) {
                    console.say("every technique is checked; measuring, rounds: " + rounds);
                }
            };
            Campaign campaign = new Campaign(runner, file, content, chunk, rounds, results, progress, onRounds);
            if (pattern == null) {
                campaign.techniques(Catalogue.all());
            } else {
                campaign.pattern(pattern);
            }
        } finally {
            removeHook(hook);
        }
        print(setting, outputs);
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            return; // it is running: the process ends with what it prints
        }
    }

    /** Once: at the end, or on Ctrl-C with what there is so far. */
    private void print(Setting setting, Outputs outputs) {
        List<TechniqueResult> all;
        synchronized (results) {
            all = List.copyOf(results);
        }
        if (all.stream().noneMatch(result -> result.measured() || result.obstacle() != null)
                || printed.getAndSet(true)) {
            return;
        }
        outputs.write(
                console,
                new Report(setting, all).text(),
                Map.of("--json", () -> Export.json(setting, all), "--csv", () -> Export.csv(all)));
    }

    private static long parseSize(String text, long least, long most) {
        long value;
        try {
            value = Units.parseSize(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
        if (value < least || value > most) {
            throw new TypeConversionException(
                    "'" + text + "' is out of range: " + Units.formatSize(least) + " to " + Units.formatSize(most));
        }
        if (value % Content.PAGE != 0) {
            throw new TypeConversionException("'" + text + "' is not a multiple of " + Units.formatSize(Content.PAGE));
        }
        return value;
    }

    static final class FileSize implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            return parseSize(text, MIN_SIZE, MAX_SIZE);
        }
    }

    static final class ChunkSize implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            return (int) parseSize(text, Content.PAGE, MAX_CHUNK);
        }
    }

    static final class PatternName implements ITypeConverter<Pattern> {
        @Override
        public Pattern convert(String text) {
            return dev.sluice.cli.options.Settings.oneOf(Pattern.values(), text);
        }
    }
}
