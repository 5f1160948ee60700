package dev.sluice.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.SluiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Unix paths that are not ASCII: bytes to the kernel, and text only where the locale says how. */
@Timeout(60)
class LocaleTest {
    private static final String UMLAUT = "a\\303\\244.sock";
    private static final String NO_TEXT = "a\\377.sock";

    @TempDir
    private Path folder;

    /**
     * Starts it with a path that the shell makes, since this JVM's own locale may not be able to.
     *
     * @param name the file's, as printf(1) reads it
     * @param command of the shell, with {@code $p} for the path, that ends in an exec
     */
    private SluiceProcess start(String locale, String name, String command) {
        String path = "p=$(printf '%s/" + name + "' '" + folder + "'); ";
        return SluiceProcess.startUnder(List.of("sh", "-c", path + command, "sh"), Map.of("LC_ALL", locale), "run");
    }

    private long files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.count();
        }
    }

    @ParameterizedTest(name = "{0}: {1}, {2}")
    @CsvSource({
        "C, " + UMLAUT + ", exec \"$@\" --listen \"unix:$p\" --to 127.0.0.1:9",
        "C, " + UMLAUT + ", exec \"$@\" --listen 127.0.0.1:0 --to \"unix:$p\"",
        "C, " + UMLAUT + ", export SLUICE_LISTEN=\"unix:$p\" SLUICE_TO=127.0.0.1:9; exec \"$@\"",
        "C.UTF-8, " + NO_TEXT + ", exec \"$@\" --listen \"unix:$p\" --to 127.0.0.1:9",
    })
    void aPathThatTheLocaleCannotExpressIsRefused(String locale, String name, String command) throws IOException {
        try (SluiceProcess sluice = start(locale, name, command)) {
            assertEquals(2, sluice.awaitExit(), sluice::toString);
            assertEquals(1, sluice.stderr().size(), sluice::toString);
            String line = sluice.stderr().getFirst();
            assertTrue(line.contains("'unix:" + folder) && line.contains("UTF-8"), line);
        }
        assertEquals(0, files());
    }

    @Test
    void elsewhereItIsBoundAndRemoved() throws IOException {
        try (SluiceProcess sluice = start("C.UTF-8", UMLAUT, "exec \"$@\" --listen \"unix:$p\" --to 127.0.0.1:9")) {
            sluice.awaitListening(1);
            assertEquals("unix:" + folder + "/a\u00e4.sock", sluice.listening(0));
            assertEquals(1, files());
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
        assertEquals(0, files());
    }
}
