package dev.sluice.cli.common;

import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Map;

/**
 * What a command has around it, so that a test can put something else there.
 *
 * @param environment the environment variables
 * @param stdout unbuffered; results and, with {@code run}, the access log
 * @param stderr everything said to a person while a command works
 */
public record Console(Map<String, String> environment, OutputStream stdout, PrintStream stderr) {

    /** Writes one line to stderr, with the program's name before it, in one piece. */
    public void say(String text) {
        stderr.print("sluice: " + text + "\n");
        stderr.flush();
    }
}
