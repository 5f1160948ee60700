package dev.sluice.cli.common;

import dev.sluice.cli.text.OneLine;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;

/** The words for an error that the program has no answer to. */
public final class InternalErrors {
    private static final String DEBUG = "SLUICE_DEBUG";

    private InternalErrors() {}

    /** One line: what was thrown and where; with {@code SLUICE_DEBUG} in the environment the stack trace is behind it. */
    public static String describe(Throwable error, Map<String, String> environment) {
        StackTraceElement[] trace = error.getStackTrace();
        String line = OneLine.of("internal error: " + error + (trace.length > 0 ? " at " + trace[0] : ""));
        if (!environment.containsKey(DEBUG)) {
            return line;
        }
        StringWriter all = new StringWriter();
        error.printStackTrace(new PrintWriter(all));
        return line + "\n" + all.toString().stripTrailing();
    }
}
