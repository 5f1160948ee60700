package dev.sluice.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.SluiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code sluice run} does not carry with it. */
@Timeout(60)
class StartUpTest {
    private static final List<String> NOT_FOR_RUN =
            List.of("dev.sluice.cli.bench.", "com.grack.", "me.tongfei.", "org.HdrHistogram.");

    @TempDir
    private Path folder;

    @Test
    void runLoadsNothingThatOnlyMeasuringNeeds() throws IOException {
        Path log = folder.resolve("classes.log");
        try (SluiceProcess sluice = SluiceProcess.run(
                Map.of("SLUICE_JAVA_OPTS", "-Xlog:class+load=info:file=" + log),
                "--listen",
                "127.0.0.1:0",
                "--to",
                "127.0.0.1:1")) {
            sluice.terminate();
            assertEquals(0, sluice.awaitExit(), sluice::toString);
        }
        List<String> loaded = Files.readAllLines(log);
        assertTrue(loaded.stream().anyMatch(line -> line.contains(" dev.sluice.proxy.Proxy ")), "the log is one");
        List<String> wrong = loaded.stream()
                .filter(line -> NOT_FOR_RUN.stream().anyMatch(name -> line.contains(" " + name)))
                .toList();
        assertEquals(List.of(), wrong);
    }
}
