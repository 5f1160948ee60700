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
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code sluice run} does not carry with it. */
@Timeout(60)
class StartUpTest {
    private static final String WITHOUT_CACHE = "-XX:+IgnoreUnrecognizedVMOptions -XX:AOTMode=off ";

    private static final List<String> NOT_FOR_RUN = List.of(
            "dev.sluice.cli.bench.",
            "dev.sluice.cli.ask.",
            "com.grack.",
            "me.tongfei.",
            "org.HdrHistogram.",
            "org.jline.");

    /** The drivers of databases, what they need of the JDK, and who asks by them. */
    private static final List<String> NOT_WITHOUT_A_ROLE = List.of(
            "java.sql.",
            "javax.sql.",
            "java.util.logging.",
            "org.postgresql.",
            "org.mariadb.",
            "dev.sluice.cli.roles.KeptConnection",
            "dev.sluice.cli.roles.Login",
            "dev.sluice.proxy.health.RoleInquirer",
            "dev.sluice.proxy.health.RedisRole",
            "dev.sluice.proxy.health.dialogue.RedisRole");

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
        assertEquals(List.of(), loaded(WITHOUT_CACHE, NOT_WITHOUT_A_FILE));
    }

    @Test
    void withoutARoleNoDriverIsLoaded() throws IOException {
        for (String options : List.of("", WITHOUT_CACHE)) {
            assertEquals(List.of(), loadedByAFile(options, "health: {check: postgres, user: u, interval: 20ms}"));
        }
        List<String> loaded = loadedByAFile("", "health: {check: postgres, user: u, interval: 20ms, role: primary}");
        for (String name : List.of("java.sql.", "org.postgresql.", "dev.sluice.cli.roles.KeptConnection")) {
            assertTrue(loaded.stream().anyMatch(line -> line.contains(" " + name)), name);
        }
        assertTrue(loaded.stream().noneMatch(line -> line.contains(" org.mariadb.")), "the other one");
    }

    /** What is loaded until the endpoint of an upstream has been told to be down. */
    private List<String> loadedByAFile(String options, String health) throws IOException {
        Path file = Files.writeString(folder.resolve("sluice.yaml"), """
                listeners: [{bind: "127.0.0.1:0", upstream: u}]
                upstreams: [{name: u, endpoints: ["127.0.0.1:1"], %s}]
                """.formatted(health));
        return loaded(
                options,
                NOT_WITHOUT_A_ROLE,
                sluice -> sluice.awaitStderr("it is down", line -> line.matches(".*endpoint u/.* (is|stays) down.*")),
                "-c",
                file.toString());
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
        return loaded(options, packages, sluice -> {}, "--listen", "127.0.0.1:0", "--to", "127.0.0.1:1");
    }

    private List<String> loaded(String options, List<String> packages, Consumer<SluiceProcess> then, String... words)
            throws IOException {
        Path log = folder.resolve("classes.log");
        try (SluiceProcess sluice =
                SluiceProcess.run(Map.of("SLUICE_JAVA_OPTS", options + "-Xlog:class+load=info:file=" + log), words)) {
            then.accept(sluice);
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
