package dev.sluice.cli.bench.export;

import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.common.Console;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Where results go: the table to stdout, and each further format to the file that was asked for; {@code -} is stdout. */
public final class Outputs {
    private static final String STDOUT = "-";

    private final Map<String, String> fileOf = new LinkedHashMap<>();

    /** The table only. */
    public Outputs() {}

    /**
     * Takes note of a file that results are to be written to, and touches nothing.
     *
     * @param option that asked for it, such as {@code --json}
     * @param file null when it did not
     * @throws IllegalArgumentException when the file could not be written, with one line that says why
     */
    public Outputs to(String option, @Nullable String file) {
        if (file == null) {
            return this;
        }
        String words = option + " " + file;
        if (fileOf.containsValue(file)) {
            throw new IllegalArgumentException(
                    words + " is taken by another output already" + (file.equals(STDOUT) ? ": it is stdout" : ""));
        }
        String obstacle = file.equals(STDOUT) ? null : obstacle(file);
        if (obstacle != null) {
            throw new IllegalArgumentException(words + " cannot be written to: " + obstacle);
        }
        fileOf.put(option, file);
        return this;
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
     * Writes all: the table to stdout, or to stderr where another format goes to stdout.
     *
     * @param formats what each option stands for; only those that were asked for are made
     * @throws CommandFailure when a file could not be written; those before it were
     */
    public void write(Console console, String table, Map<String, Supplier<String>> formats) {
        print(fileOf.containsValue(STDOUT) ? console.stderr() : console.stdout(), table);
        fileOf.forEach((option, file) -> {
            Supplier<String> format = formats.get(option);
            if (format == null) {
                throw new IllegalArgumentException("no format for " + option);
            }
            write(console, file, format.get());
        });
    }

    private static void write(Console console, String file, String text) {
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
