package dev.sluice.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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

    private static final List<String> NOT_WITHOUT_A_FILE =
            List.of("org.snakeyaml.", "dev.sluice.cli.yaml.", "dev.sluice.cli.file.section.", "dev.sluice.cli.check.");

    private static final List<String> LIBRARIES_OF_ADMIN =
            List.of("org.apache.hc.", "io.dropwizard.", "io.prometheus.");

    private static final List<String> NOT_WITHOUT_ADMIN = List.of("dev.sluice.cli.admin.", "dev.sluice.cli.metrics.");

    @TempDir
    private Path folder;

    /** With the cache of the start-up, which has all that it was trained with in one piece. */
    @Test
    void runLoadsNothingThatOnlyMeasuringNeeds() throws IOException {
        assertEquals(List.of(), loaded("", NOT_FOR_RUN));
    }

    @Test
    void withoutAFileNothingIsLoadedThatReadsOne() throws IOException {
        String withoutCache = "-XX:+IgnoreUnrecognizedVMOptions -XX:AOTMode=off ";
        assertEquals(List.of(), loaded(withoutCache, NOT_WITHOUT_A_FILE));
    }

    /** The cache of the start-up was trained without, and has no more of it than the names that `run` calls it by. */
    @Test
    void withoutAdminNothingIsLoadedThatServesIt() throws IOException {
        assertEquals(List.of(), loaded("", LIBRARIES_OF_ADMIN));
        String withoutCache = "-XX:+IgnoreUnrecognizedVMOptions -XX:AOTMode=off ";
        assertEquals(List.of(), loaded(withoutCache, LIBRARIES_OF_ADMIN));
        assertEquals(List.of(), loaded(withoutCache, NOT_WITHOUT_ADMIN));
    }

    /** Most of picocli's classes are of a form that the cache does not take: the build renews them. */
    @Test
    void theCacheHasTheLibraryOfTheCommandLine() throws IOException {
        assumeTrue(Runtime.version().feature() >= 25, "needs JDK 25, which makes a cache of the start-up");
        List<String> picocli = loaded("", List.of("picocli."));
        List<String> fromFiles =
                picocli.stream().filter(line -> line.contains("source: file:")).toList();
        assertTrue(picocli.size() > 100, () -> "the log has them: " + picocli.size());
        assertTrue(fromFiles.size() < 10, fromFiles::toString);
    }

    /** Classes of these packages that {@code run} loads without a file. */
    private List<String> loaded(String options, List<String> packages) throws IOException {
        Path log = folder.resolve("classes.log");
        try (SluiceProcess sluice = SluiceProcess.run(
                Map.of("SLUICE_JAVA_OPTS", options + "-Xlog:class+load=info:file=" + log),
                "--listen",
                "127.0.0.1:0",
                "--to",
                "127.0.0.1:1")) {
            sluice.terminate();
            assertEquals(0, sluice.awaitExit(), sluice::toString);
        }
        List<String> loaded = Files.readAllLines(log);
        assertTrue(loaded.stream().anyMatch(line -> line.contains(" dev.sluice.proxy.Proxy ")), "the log is one");
        return loaded.stream()
                .filter(line -> packages.stream().anyMatch(name -> line.contains(" " + name)))
                .toList();
    }
}
