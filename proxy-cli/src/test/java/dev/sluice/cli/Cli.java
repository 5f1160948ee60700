package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.common.Console;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Runs the command in this JVM. */
public final class Cli {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Map<String, String> environment;

    private Cli(Map<String, String> environment) {
        this.environment = environment;
    }

    /** What a command left behind. */
    public record Result(int code, String out, String err) {
        /** That it complained in one line, with this in it. */
        public void assertComplains(int code, String... parts) {
            assertEquals(code, this.code, err);
            assertEquals("", out);
            assertEquals(1, err.lines().count(), err);
            assertTrue(err.startsWith("sluice") && err.endsWith("\n"), err);
            assertFalse(err.contains("Exception") || err.contains("internal error"), err);
            for (String part : parts) {
                assertTrue(err.contains(part), () -> "'" + part + "' in: " + err);
            }
        }
    }

    /** With an empty environment. */
    public static Result run(String... args) {
        return run(Map.of(), args);
    }

    public static Result run(Map<String, String> environment, String... args) {
        Cli cli = new Cli(environment);
        int code = Main.execute(cli.console(), args);
        return new Result(code, cli.out.toString(StandardCharsets.UTF_8), cli.err.toString(StandardCharsets.UTF_8));
    }

    private Console console() {
        return new Console(environment, out, new PrintStream(err, true, StandardCharsets.UTF_8));
    }
}
