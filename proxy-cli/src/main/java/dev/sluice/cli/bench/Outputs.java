package dev.sluice.cli.bench;

import dev.sluice.cli.bench.report.HtmlReport;
import dev.sluice.cli.bench.result.Csv;
import dev.sluice.cli.bench.result.Header;
import dev.sluice.cli.bench.result.Json;
import dev.sluice.cli.bench.result.Results;
import dev.sluice.cli.bench.result.TableText;
import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.common.Console;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where the results go: the table to stdout, and whatever files were asked for. */
final class Outputs {
    private static final String STDOUT = "-";

    private final @Nullable String json;
    private final @Nullable String csv;
    private final @Nullable String report;

    /**
     * Takes note of the files, and touches none.
     *
     * @throws IllegalArgumentException when one could not be written
     */
    Outputs(@Nullable String json, @Nullable String csv, @Nullable String report) {
        this.json = json;
        this.csv = csv;
        this.report = report;
        Set<String> taken = new HashSet<>();
        check("--json", json, true, taken);
        check("--csv", csv, true, taken);
        check("--report", report, false, taken);
    }

    private static void check(String option, @Nullable String file, boolean stdout, Set<String> taken) {
        if (file == null) {
            return;
        }
        if (!taken.add(file)) {
            throw new IllegalArgumentException(option + " " + file + " is taken by another output already");
        }
        if (stdout && file.equals(STDOUT)) {
            return;
        }
        String obstacle = obstacle(file);
        if (obstacle != null) {
            throw new IllegalArgumentException(option + " " + file + " cannot be written: " + obstacle);
        }
    }

    private static @Nullable String obstacle(String file) {
        Path path;
        try {
            path = Path.of(file).toAbsolutePath();
        } catch (InvalidPathException e) {
            return "it is no path";
        }
        Path folder = path.getParent();
        if (file.isEmpty() || Files.isDirectory(path) || folder == null) {
            return "it is a folder";
        }
        if (Files.exists(path)) {
            return Files.isWritable(path) ? null : "no permission";
        }
        if (!Files.isDirectory(folder)) {
            return "there is no folder " + folder;
        }
        return Files.isWritable(folder) ? null : "no permission to write to " + folder;
    }

    /**
     * Writes all.
     *
     * @throws CommandFailure when a file could not be written; whatever could was
     */
    void write(Console console, Header header, Results results) {
        boolean stdoutTaken = STDOUT.equals(json) || STDOUT.equals(csv);
        String table = TableText.of(header, results);
        print(stdoutTaken ? console.stderr() : console.stdout(), table);
        write(console, json, Json.of(header, results));
        write(console, csv, Csv.of(results));
        write(console, report, HtmlReport.of(header, results));
    }

    private static void write(Console console, @Nullable String file, String text) {
        if (file == null) {
            return;
        }
        if (file.equals(STDOUT)) {
            print(console.stdout(), text);
            return;
        }
        try {
            Files.writeString(Path.of(file), text);
        } catch (IOException e) {
            throw new CommandFailure("cannot write " + file + ": " + e.getMessage());
        }
    }

    private static void print(OutputStream to, String text) {
        try {
            to.write(text.getBytes(StandardCharsets.UTF_8));
            to.flush();
        } catch (IOException e) {
            throw new CommandFailure("cannot write the results: " + e.getMessage());
        }
    }
}
