package dev.sluice.cli.common;

import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Map;

/**
 * The environment and the streams of a command, so that a test can put others there.
 *
 * @param environment the environment variables
 * @param stdout unbuffered; results and, with {@code run}, the access log
 * @param stderr messages for people; a service writes to it through {@code log.Messages}, which never waits
 */
public record Console(Map<String, String> environment, OutputStream stdout, PrintStream stderr) {

    /** Writes one line to stderr, with the program's name before it, in one piece. */
    public void say(String text) {
        stderr.print("sluice: " + text + "\n");
        stderr.flush();
    }
}
