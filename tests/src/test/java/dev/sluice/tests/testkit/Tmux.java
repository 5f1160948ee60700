package dev.sluice.tests.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A command in a terminal of its own, which tmux(1) keeps: its screen, its keys, and how it leaves the terminal. */
public final class Tmux implements AutoCloseable {
    /** What the terminal shows before the command and must show after it. */
    public static final String BEFORE = "before the command";

    private static final String SCRIPT = """
            #!/bin/sh
            trap : INT
            echo '%s'
            stty -a > before
            sh -c 'echo $$ > pid; exec "$@"' sh "$@"
            echo $? > code.new
            stty -a > after
            mv code.new code
            cat > /dev/null
            """.formatted(BEFORE);

    private final Path folder;
    private final String socket;

    private Tmux(Path folder) {
        this.folder = folder;
        this.socket = folder.resolve("tmux").toString();
    }

    /**
     * Runs {@code ./sluice} in a terminal; without tmux the test is skipped.
     *
     * @param folder of its own
     * @param environment TERM among it
     */
    public static Tmux sluice(Path folder, int columns, int rows, Map<String, String> environment, String... words) {
        Machine.needs("tmux", "tmux");
        Tmux tmux = new Tmux(folder);
        List<String> command = new ArrayList<>(
                List.of("new-session", "-d", "-x", "" + columns, "-y", "" + rows, "env", "SLUICE_BUILD=never"));
        environment.forEach((name, value) -> command.add(name + "=" + value));
        command.addAll(List.of(
                folder.resolve("script").toString(),
                SluiceProcess.HOME.resolve("sluice").toString()));
        command.addAll(List.of(words));
        try {
            Script.write(folder.resolve("script"), SCRIPT);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        tmux.run(command);
        return tmux;
    }

    private String run(List<String> words) {
        List<String> command = new ArrayList<>(List.of("tmux", "-S", socket, "-f", "/dev/null"));
        command.addAll(words);
        try {
            Process process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .start();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(SluiceProcess.PATIENCE.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new AssertionError(command + ": " + text);
            }
            return text;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** What the terminal shows, a line each. */
    public List<String> screen() {
        return run(List.of("capture-pane", "-p")).lines().toList();
    }

    /** Waits until the screen will do, and returns it. */
    public String await(String what, Predicate<String> wanted) throws Exception {
        String[] seen = {""};
        try {
            Eventually.holds(what, () -> {
                seen[0] = String.join("\n", screen());
                return wanted.test(seen[0]);
            });
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "; the screen:\n" + seen[0], e);
        }
        return seen[0];
    }

    /** Presses keys, by tmux's names. */
    public void press(String... keys) {
        List<String> command = new ArrayList<>(List.of("send-keys"));
        command.addAll(List.of(keys));
        run(command);
    }

    public void resize(int columns, int rows) {
        run(List.of("resize-window", "-x", "" + columns, "-y", "" + rows));
    }

    private long pid() throws IOException {
        return Long.parseLong(Files.readString(folder.resolve("pid")).strip());
    }

    /** Sends the command a signal by its name without {@code SIG}. */
    public void signal(String name) throws IOException {
        Proc.signal(pid(), name);
    }

    public boolean isRunning() throws IOException {
        return Proc.runs(pid());
    }

    /** What the command has used of the processor, in ticks of 10 ms. */
    public long cpuTicks() throws IOException {
        return Proc.cpuTicks(pid());
    }

    /** Waits for the command's end, and returns its exit code. The terminal must be as it was before. */
    public int awaitExit() throws Exception {
        Path code = folder.resolve("code");
        Eventually.holds("the command ends", () -> Files.exists(code));
        assertEquals(Files.readString(folder.resolve("before")), Files.readString(folder.resolve("after")));
        return Integer.parseInt(Files.readString(code).strip());
    }

    /** Takes the terminal away, as a connection that breaks does. */
    public void hangUp() {
        run(List.of("kill-server"));
    }

    @Override
    public void close() {
        if (Files.exists(Path.of(socket))) {
            try {
                hangUp();
            } catch (AssertionError gone) {
                return;
            }
        }
    }
}
