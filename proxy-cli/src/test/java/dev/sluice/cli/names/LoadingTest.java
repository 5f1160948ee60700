package dev.sluice.cli.names;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.config.ResolveSettings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a process loads and says that looks names up; in one of its own. */
@Timeout(60)
class LoadingTest {
    @TempDir
    private Path folder;

    /** A program: prints the addresses of a host, asked of a server. */
    static final class Program {
        public static void main(String[] args) throws Exception {
            ResolveSettings settings =
                    Resolvers.settings(Resolvers.TIMEOUT.multipliedBy(20), ResolveSettings.server(args[0]));
            System.out.println(
                    Resolvers.texts(new DnsResolver(settings).hosts(args[1]).addresses()));
        }
    }

    /** What it prints, after it has printed nothing to standard error; the classes that it loaded go to a file. */
    private String run(Path classes, String server, String host) throws Exception {
        Path errors = folder.resolve("stderr");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xlog:class+load:file=" + classes,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Program.class.getName(),
                        server,
                        host)
                .redirectError(errors.toFile())
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(30, TimeUnit.SECONDS));
        assertEquals("", Files.readString(errors));
        assertEquals(0, process.exitValue());
        return out.strip();
    }

    @Test
    void whatNeedsNoServerLoadsNoLibrary() throws Exception {
        for (String host : List.of("10.0.0.5", "localhost")) {
            Path classes = folder.resolve("classes-" + host);
            assertTrue(run(classes, "127.0.0.1:1", host).startsWith("["));
            String loaded = Files.readString(classes);
            assertTrue(loaded.contains(DnsResolver.class.getName()), "the log has no classes");
            assertFalse(loaded.contains("org.xbill."), "dnsjava was loaded for " + host);
            assertFalse(loaded.contains("org.slf4j."), "SLF4J was loaded for " + host);
        }
    }

    @Test
    void theLibrarySaysNothing() throws Exception {
        try (ScriptedDns dns = new ScriptedDns()) {
            dns.has("db1.example", 60, "A", "10.0.0.1");
            Path classes = folder.resolve("classes");
            assertEquals("[10.0.0.1]", run(classes, dns.text(), "db1.example"));
            assertTrue(Files.readString(classes).contains("org.xbill."));
        }
    }
}
