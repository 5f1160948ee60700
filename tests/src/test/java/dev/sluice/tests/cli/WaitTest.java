package dev.sluice.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.FullBacklog;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.Words;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code sluice wait}, for what is there, comes later or never. */
@Timeout(60)
class WaitTest {
    private static final String FOR = "--for";
    private static final String TIMEOUT = "--timeout";
    private static final int FAILED = 1;
    private static final int USAGE = 2;
    private static final int BY_SIGNAL = 128;

    /** Long enough for anything that comes, on a machine that is busy. */
    private static final String LONG = "50s";

    @TempDir
    private Path folder;

    private static SluiceProcess start(String... words) {
        return SluiceProcess.start(Map.of(), Words.of("wait", words));
    }

    private static void ends(int code, SluiceProcess sluice) {
        assertEquals(code, sluice.awaitExit(), sluice::toString);
        assertEquals(List.of(), sluice.stdout());
    }

    /** The one line of one that failed. */
    private static String fails(String... words) {
        try (SluiceProcess sluice = start(words)) {
            ends(FAILED, sluice);
            assertEquals(1, sluice.stderr().size(), sluice::toString);
            return sluice.stderr().getFirst();
        }
    }

    private static void succeeds(String... words) {
        try (SluiceProcess sluice = start(words)) {
            ends(0, sluice);
            assertEquals(List.of(), sluice.stderr());
        }
    }

    @Test
    void whatIsThereIsNotWaitedFor() throws IOException {
        Path path = folder.resolve("a.sock");
        try (Backend backend = Backend.echo();
                ServerSocketChannel unix = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            unix.bind(UnixDomainSocketAddress.of(path));
            int port = backend.port();
            succeeds(FOR, backend.address() + ",localhost:" + port + ",unix:" + path, TIMEOUT, LONG);
            succeeds(FOR, backend.address(), FOR, "unix:" + path, TIMEOUT, LONG);
        }
    }

    @Test
    void itSaysSoWhenItIsAsked() {
        try (Backend backend = Backend.echo();
                SluiceProcess sluice = start(FOR, backend.address(), "--verbose")) {
            ends(0, sluice);
            assertEquals(1, sluice.stderr().size(), sluice::toString);
            assertTrue(
                    sluice.stderr().getFirst().startsWith("sluice: " + backend.address() + " can be connected to"),
                    sluice::toString);
        }
    }

    /** The first line tells that it has begun to wait for the second. */
    @Test
    void whatComesLaterIsWaitedFor() throws IOException {
        int port = Machine.freePort();
        Path path = folder.resolve("later.sock");
        try (Backend there = Backend.echo();
                SluiceProcess sluice = start(
                        FOR,
                        there.address() + ",127.0.0.1:" + port + ",unix:" + path,
                        TIMEOUT,
                        LONG,
                        "--interval",
                        "50ms",
                        "-v")) {
            sluice.awaitStderr("the one that is there", line -> line.contains(there.address()));
            try (Backend late = Backend.echo("127.0.0.1", port)) {
                sluice.awaitStderr("the one that is late", line -> line.contains(late.address()));
                assertTrue(sluice.isRunning());
                try (ServerSocketChannel unix = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                    unix.bind(UnixDomainSocketAddress.of(path));
                    ends(0, sluice);
                }
            }
        }
    }

    /** As one does that is half up. Who needs more than a connection asks the server itself. */
    @Test
    void aServerThatClosesAtOnceIsThere() {
        try (Backend rude = Backend.start(socket -> {
            socket.setSoLinger(true, 0);
            socket.close();
        })) {
            succeeds(FOR, rude.address(), TIMEOUT, LONG);
        }
    }

    @Test
    void whatIsTheMatterIsSaid() throws IOException {
        String free = "127.0.0.1:" + Machine.freePort();
        Path none = folder.resolve("none.sock");
        Path dead = folder.resolve("dead.sock");
        try (ServerSocketChannel unix = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            unix.bind(UnixDomainSocketAddress.of(dead));
        }
        assertTrue(Files.exists(dead));
        try (Backend there = Backend.echo()) {
            assertEquals(
                    "sluice: after 4s still: " + free + ": connection refused; unix:" + none + ": no such socket; unix:"
                            + dead + ": connection refused",
                    fails(FOR, free + ",unix:" + none + "," + there.address() + ",unix:" + dead, TIMEOUT, "4s"));
        }
    }

    /** Reserved by RFC 6761: nobody has it, and most resolvers say so without a question to anybody. */
    @Test
    void aNameThatIsNotFound() {
        String line = fails(FOR, "db.invalid:5432", TIMEOUT, "3s");
        assertTrue(
                line.equals("sluice: after 3s still: db.invalid:5432: name not found")
                        || line.endsWith("looking the name up takes too long"),
                line);
    }

    @Test
    void oneThatDoesNotAnswer() throws IOException {
        try (FullBacklog silent = new FullBacklog()) {
            assertEquals(
                    "sluice: after 700ms still: " + silent.address() + ": timed out",
                    fails(FOR, silent.address(), TIMEOUT, "700ms"));
        }
    }

    @ParameterizedTest
    @CsvSource({"INT,2", "TERM,15"})
    void aSignalEndsIt(String signal, int number) throws IOException {
        try (Backend there = Backend.echo();
                SluiceProcess sluice =
                        start(FOR, there.address() + ",127.0.0.1:" + Machine.freePort(), TIMEOUT, LONG, "-v")) {
            sluice.awaitStderr("that it waits", line -> line.contains(there.address()));
            sluice.signal(signal);
            ends(BY_SIGNAL + number, sluice);
            assertEquals(1, sluice.stderr().size(), sluice::toString);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "--for",
                "--for nonsense",
                "--for 127.0.0.1:0",
                "--for 127.0.0.1:1,",
                "--for ,127.0.0.1:1",
                "--for 127.0.0.1:1 --timeout 0",
                "--for 127.0.0.1:1 --timeout soon",
                "--for 127.0.0.1:1 --interval 1h",
                "127.0.0.1:1"
            })
    void wrongUsage(String words) {
        try (SluiceProcess sluice = start(words.isEmpty() ? new String[0] : words.split(" "))) {
            ends(USAGE, sluice);
            assertEquals(1, sluice.stderr().size(), sluice::toString);
            assertTrue(sluice.stderr().getFirst().startsWith("sluice wait: "), sluice::toString);
        }
    }

    /** It is started beside other things, and before them: what it does not need would cost as much as what it does. */
    @Test
    void itLoadsNeitherTheProxyNorOtherCommands() throws IOException {
        Path log = folder.resolve("classes.log");
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                SluiceProcess sluice = SluiceProcess.start(
                        Map.of(
                                "SLUICE_JAVA_OPTS",
                                "-XX:+IgnoreUnrecognizedVMOptions -XX:AOTMode=off -Xlog:class+load=info:file=" + log),
                        "wait",
                        FOR,
                        "127.0.0.1:" + server.getLocalPort())) {
            ends(0, sluice);
        }
        List<String> loaded = Files.readAllLines(log);
        assertTrue(
                loaded.stream().anyMatch(line -> line.contains(" dev.sluice.cli.wait.WaitCommand ")), "the log is one");
        assertEquals(
                List.of(),
                loaded.stream()
                        .filter(
                                line -> line.matches(
                                        ".* dev\\.sluice\\.(linux\\.(LinuxKernel|Libc)|proxy\\.(Proxy|control|loop|relay)|cli\\.(run|demo|doctor|bench|ask|file|yaml|log|options\\.Settings)).*"))
                        .toList());
    }
}
