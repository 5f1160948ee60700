package dev.sluice.tests.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;

/** Scripts that a test writes, and what comes of running one. */
public final class Script {
    private static final long TIMEOUT_S = 60;

    private Script() {}

    /**
     * What a command said.
     *
     * @param code its exit code
     * @param out its stdout
     * @param err its stderr
     */
    public record Result(int code, String out, String err) {}

    /** Writes a file that everybody may execute. */
    public static void write(Path file, String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /**
     * Runs a command to its end, with nothing on its stdin.
     *
     * @param temp where its words may be kept
     */
    public static Result run(Path temp, ProcessBuilder command) throws IOException, InterruptedException {
        Path out = temp.resolve("out");
        Path err = temp.resolve("err");
        Process process =
                command.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        process.getOutputStream().close();
        try {
            assertTrue(process.waitFor(TIMEOUT_S, TimeUnit.SECONDS), "still running");
            return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
        } finally {
            process.destroyForcibly();
        }
    }
}
