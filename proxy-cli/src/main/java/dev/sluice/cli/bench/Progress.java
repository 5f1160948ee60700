package dev.sluice.cli.bench;

import dev.sluice.cli.text.Units;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** A bar on a terminal, which overwrites itself; elsewhere nothing. */
final class Progress implements AutoCloseable {
    private static final int WIDTH = 24;
    private static final String CLEAR = "\r\033[K";

    private final PrintStream stderr;
    private final boolean terminal;
    private final long total;
    private long done;

    Progress(PrintStream stderr, boolean terminal, Duration total) {
        this.stderr = stderr;
        this.terminal = terminal;
        this.total = Math.max(1, total.toMillis());
    }

    /** Whether stderr of this process is a terminal, which System.console() does not tell. */
    static boolean isTerminal() {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException e) {
            return false;
        }
    }

    /** What is being done now, and how much of the whole that is. */
    void step(String what, Duration weight) {
        if (terminal) {
            int filled = (int) Math.min(WIDTH, done * WIDTH / total);
            Duration left = Duration.ofSeconds(Math.max(0, total - done) / 1000);
            stderr.print(CLEAR + "[" + "#".repeat(filled) + ".".repeat(WIDTH - filled) + "] "
                    + Math.min(99, done * 100 / total) + "%, " + Units.format(left) + " left: " + what);
            stderr.flush();
        }
        done += weight.toMillis();
    }

    @Override
    public void close() {
        if (terminal) {
            stderr.print(CLEAR);
            stderr.flush();
        }
    }
}
