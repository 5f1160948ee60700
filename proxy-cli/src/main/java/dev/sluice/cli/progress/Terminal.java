package dev.sluice.cli.progress;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The terminal that stderr of this process may be, which {@link System#console()} does not tell. */
final class Terminal {
    private static final int USUAL = 80;
    private static final int NARROWEST = 20;
    private static final int ENDLESS = 1000;

    private Terminal() {}

    /** Its width in characters; 0 when stderr is no terminal. */
    static int columns() {
        String device;
        try {
            device = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
        } catch (IOException e) {
            return 0;
        }
        return isTerminal(device) ? columns(new File(device)) : 0;
    }

    static boolean isTerminal(String device) {
        return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty") || device.equals("/dev/console");
    }

    /** As stty(1) tells it, which is everywhere; the usual width where it does not. */
    private static int columns(File device) {
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(device)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return columns(new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
        } catch (IOException e) {
            return USUAL;
        }
    }

    /** Of {@code ROWS COLUMNS}; a terminal that does not know its size says 0. */
    static int columns(String size) {
        String[] words = size.strip().split(" ", -1);
        try {
            int columns = words.length == 2 ? Integer.parseInt(words[1]) : 0;
            return columns < NARROWEST ? USUAL : Math.min(columns, ENDLESS);
        } catch (NumberFormatException e) {
            return USUAL;
        }
    }
}
