package dev.sluice.cli.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** One line on stderr that says what is going on, and leaves nothing behind; nothing at all where stderr is no terminal. */
final class Progress {
    private static final String TO_START_AND_CLEAR = "\r\033[K";

    private final PrintStream stderr;
    private final boolean terminal;

    Progress(PrintStream stderr) {
        this(stderr, isTerminal());
    }

    Progress(PrintStream stderr, boolean terminal) {
        this.stderr = stderr;
        this.terminal = terminal;
    }

    void show(String text) {
        if (terminal) {
            stderr.print(TO_START_AND_CLEAR + text + " ...");
            stderr.flush();
        }
    }

    void clear() {
        if (terminal) {
            stderr.print(TO_START_AND_CLEAR);
            stderr.flush();
        }
    }

    private static boolean isTerminal() {
        try {
            String device = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty");
        } catch (IOException e) {
            return false;
        }
    }
}
