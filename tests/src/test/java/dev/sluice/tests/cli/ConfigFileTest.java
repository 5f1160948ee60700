package dev.sluice.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A configuration file as a user meets it: check, config, run -c. */
@Timeout(60)
class ConfigFileTest {
    private static final int USAGE = 2;

    private static final String NOBODY = "127.0.0.1:9";

    private static final String BROKEN = """
            threads: none
            listeners:
              - bind: 127.0.0.1
                upstream: there
            upstreams:
              - name: here
                endponits: [db1:5432]
            """;

    @TempDir
    private Path folder;

    private String file(String text) throws IOException {
        return Files.writeString(folder.resolve("sluice.yaml"), text).toString();
    }

    private static String to(String address, String more) {
        return more + """
                listeners: [{name: front, bind: "127.0.0.1:0", upstream: back}]
                upstreams: [{name: back, endpoints: ["%s"]}]
                """.formatted(address);
    }

    private static List<String> problems(String file) {
        return List.of(
                file + ":1:10: threads 'none' is not a whole number of 1 to 256",
                file
                        + ":3:11: bind '127.0.0.1' is not an address: the port is missing (expected host:port, [ipv6]:port,"
                        + " unix:/path or fd:NAME)",
                file + ":4:15: there is no upstream 'there'; did you mean 'here'?",
                file + ":6:5: 'endpoints' is missing; expected a list of these: an address: host:port, [ipv6]:port or"
                        + " unix:/path, or a map with address, srv or file",
                file + ":7:5: unknown key 'endponits'; did you mean 'endpoints'?");
    }

    @ParameterizedTest
    @ValueSource(strings = {"check", "config", "run"})
    void everyProblemIsALineWithItsPlace(String command) throws IOException {
        String file = file(BROKEN);
        try (SluiceProcess sluice = SluiceProcess.start(Map.of(), command, "-c", file)) {
            assertEquals(USAGE, sluice.awaitExit());
            assertEquals(problems(file), sluice.stderr());
            assertEquals(List.of(), sluice.stdout());
        }
    }

    @Test
    void checkSaysWhatAValidFileHas() throws IOException {
        String file = file(to(NOBODY, ""));
        try (SluiceProcess sluice = SluiceProcess.start(Map.of("SLUICE_CONFIG", file), "check")) {
            assertEquals(0, sluice.awaitExit(), sluice::toString);
            assertEquals(List.of(file + ": valid: 1 listener, 1 upstream with 1 endpoint"), sluice.stdout());
            assertEquals(List.of(), sluice.stderr());
        }
    }

    private String list(String text) throws IOException {
        return Files.writeString(folder.resolve("pg.endpoints"), text).toString();
    }

    private String withList(String list) throws IOException {
        return file("""
                listeners: [{name: front, bind: "127.0.0.1:0", upstream: back}]
                upstreams: [{name: back, endpoints: [{file: %s}]}]
                """.formatted(list));
    }

    @Test
    void checkReadsFilesOfEndpoints() throws IOException {
        String list = list("db1:5432 weight=2\n");
        String file = withList(list);
        try (SluiceProcess sluice = SluiceProcess.start(Map.of(), "check", "-c", file)) {
            assertEquals(0, sluice.awaitExit(), sluice::toString);
            assertEquals(List.of(), sluice.stderr());
        }
        list("db1:5432 weight=2\ndb2:5432 wait=2\ndb3\n");
        try (SluiceProcess sluice = SluiceProcess.start(Map.of(), "check", "-c", file)) {
            assertEquals(USAGE, sluice.awaitExit(), sluice::toString);
            assertEquals(
                    List.of(
                            list + ":2:10: 'wait=2' is not expected here; expected weight=N, backup or max-sessions=N,"
                                    + " each once at most",
                            list + ":3:1: 'db3' is not an address: the port is missing (expected host:port,"
                                    + " [ipv6]:port or unix:/path)"),
                    sluice.stderr());
            assertEquals(List.of(), sluice.stdout());
        }
        Files.delete(Path.of(list));
        try (SluiceProcess sluice = SluiceProcess.start(Map.of(), "check", "-c", file)) {
            assertEquals(0, sluice.awaitExit(), sluice::toString);
            assertEquals(List.of("sluice: warning: " + list + ": does not exist"), sluice.stderr());
        }
    }

    /** They may be there where the configuration is used. */
    @Test
    void checkWarnsOfFilesThatAStartWouldMiss() throws IOException {
        Path token = folder.resolve("token");
        Path log = folder.resolve("log/access.log");
        Path file = Files.writeString(folder.resolve("files.yaml"), """
                access-log: {file: %s}
                admin: {bind: "127.0.0.1:0", token-file: %s}
                listeners: [{bind: "127.0.0.1:0", upstream: a}]
                upstreams: [{name: a, endpoints: ["127.0.0.1:9"]}]
                """.formatted(log, token));
        String warning = "sluice: warning: the ";
        assertEquals(
                List.of(
                        warning + "access log's file " + log + " cannot be written: its folder does not exist",
                        warning + "token file " + token + " does not exist"),
                checked(file));
        Files.createDirectories(log);
        Files.createFile(token);
        assertEquals(
                List.of(
                        warning + "access log's file " + log + " cannot be written: it is a folder",
                        warning + "token file " + token
                                + " has no token: one line of printable characters without blanks"),
                checked(file));
        Files.delete(log);
        Files.writeString(token, "secret");
        assertEquals(List.of(), checked(file));
        assertTrue(Files.notExists(log), "nothing is made");
    }

    private static List<String> checked(Path file) {
        try (SluiceProcess sluice = SluiceProcess.start(Map.of(), "check", "-c", file.toString())) {
            assertEquals(0, sluice.awaitExit(), sluice::toString);
            assertEquals(1, sluice.stdout().size());
            return sluice.stderr();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"check", "config"})
    void withoutAFile(String command) {
        try (SluiceProcess sluice = SluiceProcess.start(Map.of(), command)) {
            assertEquals(USAGE, sluice.awaitExit());
            assertEquals(1, sluice.stderr().size(), sluice::toString);
            assertTrue(sluice.stderr().getFirst().contains("expected -c sluice.yaml"), sluice::toString);
        }
    }

    @Test
    void whatConfigPrintsIsAFileThatDoesTheSame() throws IOException {
        String file = file(to(NOBODY, "threads: 1\npipe-size: ${SIZE:-64KiB}\n"));
        List<String> first = config(file);
        assertTrue(first.contains("threads: 1") && first.contains("pipe-size: 64KiB"), first::toString);
        assertTrue(first.contains("drain-timeout: 30s"), first::toString);
        assertEquals(first, config(file(String.join("\n", first))));
    }

    private static List<String> config(String file) {
        try (SluiceProcess sluice = SluiceProcess.start(Map.of("SLUICE_DRAIN_TIMEOUT", ""), "config", "-c", file)) {
            assertEquals(0, sluice.awaitExit(), sluice::toString);
            assertEquals(List.of(), sluice.stderr());
            return sluice.stdout();
        }
    }

    @Test
    void theSchemaIsJson() {
        try (SluiceProcess sluice = SluiceProcess.start(Map.of(), "config", "--schema")) {
            assertEquals(0, sluice.awaitExit(), sluice::toString);
            String schema = String.join("\n", sluice.stdout());
            assertTrue(schema.startsWith("{") && schema.endsWith("}"), schema);
            assertTrue(schema.contains("\"connect-deadline\"") && schema.contains("json-schema.org"), schema);
        }
    }

    @Test
    void optionsBeatVariablesBeatTheFile() throws IOException {
        try (Backend backend = Backend.named("x")) {
            String file = file(to(backend.address(), "threads: 1\nrelay: copy\npipe-size: 64KiB\n"));
            Map<String, String> environment = Map.of("SLUICE_RELAY", "auto", "SLUICE_PIPE_SIZE", "128KiB");
            try (SluiceProcess sluice =
                    SluiceProcess.run(environment, "-c", file, "--relay", "splice", "--idle-timeout", "90s")) {
                assertTrue(
                        sluice.stderr().getFirst().endsWith("(splice, 1 thread, 128 KiB pipes, idle 90s)"),
                        sluice::toString);
            }
        }
    }

    @Test
    void theAccessLogCallsAListenerByItsNameAndGoesToAFile() throws Exception {
        Path log = folder.resolve("access.log");
        try (Backend backend = Backend.named("hello");
                SluiceProcess sluice =
                        SluiceProcess.run("-c", file(to(backend.address(), "access-log: {file: " + log + "}\n")))) {
            try (Socket socket = TestClient.connect(sluice.port())) {
                assertEquals("hello", text(socket));
            }
            assertEquals(0, sluice.terminate());
            assertEquals(List.of(), sluice.stdout());
            List<String> lines = Files.readAllLines(log);
            assertEquals(1, lines.size());
            assertEquals("front", AccessLine.parse(lines.getFirst()).field("listener"));
        }
    }

    private static String text(Socket socket) throws IOException {
        return new String(TestClient.receive(socket).bytes(), StandardCharsets.UTF_8);
    }

    @Test
    void anAccessLogThatCannotBeOpened() throws IOException {
        String file = file(to(NOBODY, "access-log: {file: /nowhere/at/all}\n"));
        try (SluiceProcess sluice = SluiceProcess.start(Map.of(), "run", "-c", file)) {
            assertEquals(1, sluice.awaitExit());
            assertEquals(
                    List.of("sluice: cannot open the access log /nowhere/at/all: its folder does not exist"),
                    sluice.stderr());
        }
    }

    @Test
    void aFileAndListenersExcludeEachOther() throws IOException {
        String file = file(to(NOBODY, ""));
        assertRefused(
                SluiceProcess.start(Map.of(), "run", "-c", file, "--listen", "127.0.0.1:0", "--to", "127.0.0.1:9"),
                "--config and --listen exclude each other");
        assertRefused(
                SluiceProcess.start(Map.of("SLUICE_CONFIG", file, "SLUICE_TO", "127.0.0.1:9"), "run"),
                "SLUICE_CONFIG and SLUICE_TO exclude each other");
    }

    private static void assertRefused(SluiceProcess started, String why) {
        try (SluiceProcess sluice = started) {
            assertEquals(USAGE, sluice.awaitExit(), sluice::toString);
            assertEquals(1, sluice.stderr().size(), sluice::toString);
            assertTrue(sluice.stderr().getFirst().contains(why), sluice::toString);
        }
    }

    @Test
    void theCommandLineBeatsVariablesOfTheOther() throws IOException {
        String file = file(to(NOBODY, "relay: copy\n"));
        try (SluiceProcess sluice =
                SluiceProcess.run(Map.of("SLUICE_LISTEN", "wrong", "SLUICE_TO", "wrong"), "-c", file)) {
            assertTrue(sluice.stderr().getFirst().contains("(copy, "), sluice::toString);
        }
        try (SluiceProcess sluice =
                SluiceProcess.run(Map.of("SLUICE_CONFIG", "/none"), "--listen", "127.0.0.1:0", "--to", "127.0.0.1:9")) {
            assertTrue(sluice.stderr().getFirst().contains("(splice, "), sluice::toString);
        }
    }

    static Stream<Path> examples() throws IOException {
        try (Stream<Path> files = Files.list(SluiceProcess.HOME.resolve("deploy/examples"))) {
            return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void examplesAreValid(Path example) throws IOException {
        Map<String, String> environment = Map.of("PG_ENDPOINTS", list("db1.example:5432\n"));
        try (SluiceProcess sluice = SluiceProcess.start(environment, "check", "-c", example.toString())) {
            assertEquals(0, sluice.awaitExit(), sluice::toString);
            // Passwords are where they are used.
            List<String> told = sluice.stderr().stream()
                    .filter(line ->
                            !line.matches(".* password-file /run/secrets/\\S+ cannot be read: there is no such file"))
                    .filter(line -> !line.matches(".* access log's file /var/log/\\S+ cannot be written: .*"))
                    .toList();
            assertEquals(List.of(), told);
        }
    }
}
