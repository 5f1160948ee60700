package dev.sluice.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is typed wrongly is answered with one line that names it and says what would be right. */
@Timeout(60)
class UsageTest {
    private static final int FAILED = 1;
    private static final int USAGE = 2;

    @TempDir
    private Path folder;

    /** One line on stderr with all these texts in it, nothing on stdout, and this exit code. */
    private static void assertComplains(int code, SluiceProcess started, String... texts) {
        try (SluiceProcess sluice = started) {
            assertEquals(code, sluice.awaitExit(), sluice::toString);
            assertEquals(List.of(), sluice.stdout());
            assertEquals(1, sluice.stderr().size(), sluice::toString);
            String line = sluice.stderr().getFirst();
            assertTrue(line.matches("sluice( [a-z]+)?: .*"), line);
            for (String text : texts) {
                assertTrue(line.contains(text), () -> "no " + text + " in: " + line);
            }
        }
    }

    private static SluiceProcess start(String... words) {
        return SluiceProcess.start(Map.of(), words);
    }

    /** The words; then what the line must name and say. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "frobnicate                                 | 'frobnicate'        | --help",
                "frobnicate --help                          | 'frobnicate'        | --help",
                "run --help frobnicate                      | 'frobnicate'        | run --help",
                "run                                        | listen              | --listen 127.0.0.1:6432 --to db1:5432",
                "run --lissten 127.0.0.1:0                  | '--lissten'         | --listen",
                "run 127.0.0.1:0                            | '127.0.0.1:0'       | run --help",
                "run --listen                               | '--listen'          | ADDRESS",
                "run --listen a:1                           | --listen a:1        | --to",
                "run --listen a:1 --listen b:2 --to c:3     | --listen a:1        | --to",
                "run --to db:1 --listen a:2                 | --to db:1           | before any --listen",
                "run --listen a:1 --to b:1 --to c:1         | --to c:1            | commas",
                "run --listen nonsense --to b:1             | --listen 'nonsense' | host:port",
                "run --listen a:65536 --to b:1              | 65536               | 0 to 65535",
                "run --listen a:http --to b:1               | 'http'              | 0 to 65535",
                "run --listen ::1:80 --to b:1               | '::1:80'            | brackets",
                "run --listen unix: --to b:1                | 'unix:'             | path",
                "run --listen a:1 --to b                    | --to 'b'            | port",
                "run --listen a:1 --to b:0                  | --to 'b:0'          | port 0",
                "run --listen a:1 --to b:1,                 | --to ''             | host:port",
                "run --listen a:1 --to b:1 --relay quantum  | 'quantum'           | splice, copy",
                "run --listen a:1 --to b:1 --threads 257    | --threads '257'     | 1 to 256",
                "run --listen a:1 --to b:1 --threads many   | --threads 'many'    | 1 to 256",
                "run --listen a:1 --to b:1 --threads 2 --threads 3 | '--threads'  | once",
                "run --listen a:1 --to b:1 --pipe-size 2GiB | --pipe-size '2GiB'  | 4 KiB to 1 GiB",
                "run --listen a:1 --to b:1 --pipe-size 64k  | --pipe-size '64k'   | 64KiB",
                "run --listen a:1 --to b:1 --connect-timeout 0 | --connect-timeout '0' | 1ms to 1d",
                "run --listen a:1 --to b:1 --idle-timeout 5 | --idle-timeout '5'  | unit",
                "run --listen a:1 --to b:1 --idle-timeout -5s | '-5s'             | 250ms",
                "run --listen a:1 --to b:1 --half-close-timeout 31d | '31d'       | 30d",
                "run --listen a:1 --to b:1 --drain-timeout soon | 'soon'          | 250ms",
                "run --listen a:1 --to b:1 --coalesce 1s    | --coalesce '1s'     | 1ms to 100ms",
                "run --listen a:1 --to b:1 --busy-poll 2s   | --busy-poll '2s'    | 1s",
                "run --listen a:1 --to b:1 --threads 2 --pin 0 | pin 0             | threads, 2",
                "run --listen a:1 --to b:1 --pin 0-x        | --pin '0-x'         | auto, off",
                "run --listen a:1 --to b:1 --access-log xml | --access-log 'xml'  | text, json, off",
                "doctor --pipe-size 1                       | --pipe-size '1'     | 4 KiB",
                "demo --seconds 0                           | --seconds '0'       | 1 to 60",
            })
    void wrongUsage(String words, String named, String right) {
        assertComplains(USAGE, start(words.split(" ")), named, right);
    }

    @Test
    void withoutACommandItExplainsItself() {
        try (SluiceProcess sluice = start()) {
            assertEquals(USAGE, sluice.awaitExit());
            assertEquals(List.of(), sluice.stdout());
            assertTrue(String.join("\n", sluice.stderr()).contains("run "), sluice::toString);
        }
    }

    @Test
    void aUnixPathThatIsTooLong() {
        String path = "/tmp/" + "x".repeat(103);
        assertComplains(USAGE, start("run", "--listen", "unix:" + path, "--to", "db:1"), "unix:" + path, "108", "107");
    }

    @Test
    void aLineFeedInAnArgumentDoesNotMakeASecondLine() {
        assertComplains(USAGE, start("run", "--listen", "two\nlines\u001b[31m:1", "--to", "db:1"), "two\\x0alines");
    }

    /** A variable and its wrong value; then what the line must say besides. */
    @ParameterizedTest(name = "{0}={1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "SLUICE_RELAY              | quantum  | splice, copy",
                "SLUICE_THREADS            | two      | 1 to 256",
                "SLUICE_PIPE_SIZE          | 64kb     | 64KiB",
                "SLUICE_CONNECT_TIMEOUT    | 0        | 1ms to 1d",
                "SLUICE_IDLE_TIMEOUT       | 1 hour   | 1h",
                "SLUICE_HALF_CLOSE_TIMEOUT | 31d      | 30d",
                "SLUICE_DRAIN_TIMEOUT      | x        | 5s",
                "SLUICE_BUSY_POLL          | 2s       | 1s",
                "SLUICE_ACCESS_LOG         | yes      | text, json, off",
                "SLUICE_ACCESS_LOG_START   | yes      | true",
                "SLUICE_ACCESS_LOG_INTERVAL | 10ms    | 0, or 1s to 1d",
            })
    void aWrongValueInTheEnvironment(String variable, String value, String right) {
        SluiceProcess sluice =
                SluiceProcess.start(Map.of(variable, value), "run", "--listen", "127.0.0.1:0", "--to", "127.0.0.1:9");
        assertComplains(USAGE, sluice, variable, "'" + value + "'", right);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "nonsense                | db:1   | SLUICE_LISTEN 'nonsense'",
                "127.0.0.1:0             | db:0   | SLUICE_TO 'db:0'",
                "127.0.0.1:0             | none   | SLUICE_TO",
                "none                    | db:1   | SLUICE_LISTEN",
                "127.0.0.1:0 127.0.0.1:0 | db:1   | SLUICE_LISTEN has 2 and SLUICE_TO has 1",
            })
    void wrongAddressesInTheEnvironment(@Nullable String listen, @Nullable String to, String named) {
        Map<String, String> environment = new HashMap<>();
        if (listen != null) {
            environment.put("SLUICE_LISTEN", listen);
        }
        if (to != null) {
            environment.put("SLUICE_TO", to);
        }
        assertComplains(USAGE, SluiceProcess.start(environment, "run"), named);
    }

    @Test
    void aPortInUse() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            assertComplains(
                    FAILED, start("run", "--listen", address, "--to", "127.0.0.1:9"), address, "EADDRINUSE", "another");
        }
    }

    @Test
    void twiceTheSamePort() {
        String address = "127.0.0.1:" + Machine.freePort();
        assertComplains(
                FAILED,
                start("run", "--listen", address, "--to", "127.0.0.1:9", "--listen", address, "--to", "127.0.0.1:9"),
                address,
                "EADDRINUSE");
    }

    @Test
    void whenTheSecondListenerFailsTheFirstIsGoneAsWell() throws IOException {
        int port = Machine.freePort();
        Path path = folder.resolve("first.sock");
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            String[] words = {
                "run",
                "--listen",
                "127.0.0.1:" + port,
                "--to",
                "127.0.0.1:9",
                "--listen",
                "unix:" + path,
                "--to",
                "127.0.0.1:9",
                "--listen",
                address,
                "--to",
                "127.0.0.1:9"
            };
            assertComplains(FAILED, start(words), address);
        }
        assertTrue(Files.notExists(path));
    }

    /** Where to listen and where to; what the line must name and say. */
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "192.0.2.1:0              | 127.0.0.1:9         | 192.0.2.1:0         | no such address",
                "[2001:db8::1]:0          | 127.0.0.1:9         | [2001:db8::1]:0     | no such address",
                "something.invalid:0      | 127.0.0.1:9         | something.invalid:0 | does not resolve",
                "unix:/proc/none/x.sock   | 127.0.0.1:9         | /proc/none/x.sock   | folder does not exist",
                "unix:/proc/version/x     | 127.0.0.1:9         | /proc/version/x     | ENOTDIR",
            })
    void cannotStart(String listen, String to, String named, String right) {
        assertComplains(FAILED, start("run", "--listen", listen, "--to", to), named, right);
    }

    @Test
    void aPortThatIsForThePrivileged() {
        long first = Machine.sysctl("net.ipv4.ip_unprivileged_port_start");
        assumeTrue(first > 1, "needs ports for the privileged alone (sysctl net.ipv4.ip_unprivileged_port_start=1024)");
        SluiceProcess sluice = SluiceProcess.startUnder(
                Machine.asNobody(), Map.of(), "run", "--listen", "127.0.0.1:1", "--to", "127.0.0.1:9");
        assertComplains(FAILED, sluice, "127.0.0.1:1", "EACCES", "CAP_NET_BIND_SERVICE");
    }

    @Test
    void aFolderThatIsSomebodyElses() throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-xr-xr-x"));
        String path = "unix:" + folder.resolve("x.sock");
        SluiceProcess sluice =
                SluiceProcess.startUnder(Machine.asNobody(), Map.of(), "run", "--listen", path, "--to", "127.0.0.1:9");
        assertComplains(FAILED, sluice, path, "EACCES", "writable");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "run -h", "doctor --help", "demo --help"})
    void help(String words) {
        try (SluiceProcess sluice = start(words.split(" "))) {
            assertEquals(0, sluice.awaitExit(), sluice::toString);
            assertEquals(List.of(), sluice.stderr());
            String command = words.contains(" ") ? "sluice " + words.substring(0, words.indexOf(' ')) : "sluice";
            assertTrue(sluice.stdout().getFirst().startsWith("Usage: " + command + " "), sluice::toString);
            for (String line : sluice.stdout()) {
                assertTrue(line.length() <= 100, line);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--version", "run -V", "doctor --version", "demo --version"})
    void version(String words) {
        try (SluiceProcess sluice = start(words.split(" "))) {
            assertEquals(0, sluice.awaitExit(), sluice::toString);
            assertEquals(List.of(), sluice.stderr());
            assertEquals(1, sluice.stdout().size());
            assertTrue(sluice.stdout().getFirst().matches("sluice \\d+\\.\\d+\\.\\d+\\S* \\(.*\\)"), sluice::toString);
        }
    }

    @Test
    void helpIgnoresAWrongEnvironment() {
        try (SluiceProcess sluice = SluiceProcess.start(Map.of("SLUICE_THREADS", "none"), "run", "--help")) {
            assertEquals(0, sluice.awaitExit(), sluice::toString);
            assertEquals(List.of(), sluice.stderr());
        }
    }

    @Test
    void helpNamesEveryTwinInTheEnvironment() {
        try (SluiceProcess sluice = start("run", "--help")) {
            assertEquals(0, sluice.awaitExit());
            String help = String.join("\n", sluice.stdout());
            assertTrue(help.contains("SLUICE_PIPE_SIZE") && help.contains("SLUICE_LISTEN"), help);
        }
    }

    @Test
    void theEnvironmentAloneIsEnough() throws IOException {
        try (Backend one = Backend.named("one");
                Backend two = Backend.named("two");
                SluiceProcess sluice = SluiceProcess.start(
                        Map.of(
                                "SLUICE_LISTEN", "127.0.0.1:0;127.0.0.1:0",
                                "SLUICE_TO", one.address() + " " + two.address(),
                                "SLUICE_RELAY", "copy",
                                "SLUICE_THREADS", "1",
                                "SLUICE_IDLE_TIMEOUT", "90s",
                                "SLUICE_ACCESS_LOG", "off"),
                        "run")) {
            sluice.awaitListening(2);
            assertEquals("one", greeting(sluice, 0));
            assertEquals("two", greeting(sluice, 1));
            assertTrue(sluice.stderr().getFirst().endsWith("(copy, 1 thread, idle 90s)"), sluice::toString);
            assertEquals(0, sluice.terminate());
            assertEquals(List.of(), sluice.stdout());
        }
    }

    @Test
    void flagsBeatTheEnvironment() throws IOException {
        try (Backend mine = Backend.named("mine");
                SluiceProcess sluice = SluiceProcess.run(
                        Map.of(
                                "SLUICE_LISTEN", "nonsense",
                                "SLUICE_TO", "nonsense",
                                "SLUICE_RELAY", "nonsense",
                                "SLUICE_PIPE_SIZE", "64KiB",
                                "SLUICE_IDLE_TIMEOUT", ""),
                        "--listen",
                        "127.0.0.1:0",
                        "--to",
                        mine.address(),
                        "--relay",
                        "splice",
                        "--threads",
                        "1")) {
            assertEquals("mine", greeting(sluice, 0));
            assertEquals(
                    "sluice: listening on " + sluice.listening(0) + " -> " + mine.address()
                            + " (splice, 1 thread, 64 KiB pipes, idle 1h)",
                    sluice.stderr().getFirst());
        }
    }

    @Test
    void aMisspeltVariableIsToldOf() {
        try (SluiceProcess sluice = SluiceProcess.run(
                Map.of("SLUICE_IDLE_TIMOUT", "1s"), "--listen", "127.0.0.1:0", "--to", "127.0.0.1:9")) {
            assertTrue(sluice.stderr().getFirst().contains("SLUICE_IDLE_TIMOUT"), sluice::toString);
        }
    }

    private static String greeting(SluiceProcess sluice, int listener) throws IOException {
        try (Socket socket = TestClient.connect(((InetSocketAddress) sluice.address(listener)).getPort())) {
            return new String(TestClient.receive(socket).bytes(), StandardCharsets.UTF_8);
        }
    }
}
