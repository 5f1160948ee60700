package dev.sluice.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What may happen to the file of the access log: sessions go on, what is lost is told, and it goes on where it can. */
@Timeout(60)
class AccessLogFileTest {
    private static final Pattern LOST = Pattern.compile("sluice: warning: access log: (\\d+) lines? (was|were) lost");

    @TempDir
    private Path folder;

    private final Backend hello = Backend.named("hello");

    @AfterEach
    void stop() {
        hello.close();
    }

    private Path config(Path log) throws IOException {
        return Files.writeString(folder.resolve("sluice.yaml"), """
                threads: 2
                drain-timeout: 1s
                access-log: {file: "%s"}
                listeners: [{name: front, bind: "127.0.0.1:0", upstream: back}]
                upstreams: [{name: back, endpoints: ["%s"]}]
                """.formatted(log, hello.address()));
    }

    private SluiceProcess run(Path log) throws IOException {
        return SluiceProcess.run("-c", config(log).toString());
    }

    private static void sessions(SluiceProcess sluice, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            try (Socket socket = TestClient.connect(sluice.port())) {
                assertEquals("hello", new String(TestClient.receive(socket).bytes(), StandardCharsets.UTF_8));
            }
        }
    }

    private static List<String> lines(Path log) throws IOException {
        return Files.exists(log) ? Files.readAllLines(log) : List.of();
    }

    private static void awaitLines(Path log, int count) throws Exception {
        Eventually.holds(count + " lines", () -> lines(log).size() == count);
        assertWhole(log);
    }

    private static void assertWhole(Path log) throws IOException {
        String text = Files.readString(log);
        assertTrue(text.isEmpty() || text.endsWith("\n"), text);
        text.lines().forEach(line -> assertTrue(line.matches(AccessLogTest.TEXT), line));
    }

    private static long lost(SluiceProcess sluice) {
        return sluice.stderr().stream()
                .map(LOST::matcher)
                .filter(Matcher::matches)
                .mapToLong(told -> Long.parseLong(told.group(1)))
                .sum();
    }

    @Test
    void movedOrRemovedItIsMadeAnew() throws Exception {
        Path log = folder.resolve("access.log");
        try (SluiceProcess sluice = run(log)) {
            sessions(sluice, 2);
            awaitLines(log, 2);
            Path moved = Files.move(log, folder.resolve("access.log.1"));
            sessions(sluice, 3);
            awaitLines(log, 3);
            assertEquals(2, lines(moved).size());
            Files.delete(log);
            sessions(sluice, 4);
            awaitLines(log, 4);
            assertEquals(0, sluice.terminate(), sluice::toString);
            assertEquals(0, lost(sluice), sluice::toString);
        }
    }

    /** As what rotates logs does it. */
    @Test
    void sigusr1MakesItAnewAtOnce() throws Exception {
        Path log = folder.resolve("access.log");
        try (SluiceProcess sluice = run(log)) {
            sessions(sluice, 2);
            awaitLines(log, 2);
            Path moved = Files.move(log, folder.resolve("access.log.1"));
            Files.writeString(folder.resolve("sluice.yaml"), "wrong: it is not read\n");
            sluice.signal("USR1");
            Eventually.holds("a new file", () -> Files.exists(log));
            sessions(sluice, 3);
            awaitLines(log, 3);
            assertEquals(2, lines(moved).size());
            assertEquals(0, sluice.terminate(), sluice::toString);
            assertEquals(0, lost(sluice), sluice::toString);
            assertFalse(sluice.toString().contains("reloaded"), sluice::toString);
        }
    }

    @Test
    void sigusr1WithoutAFileDoesNothing() throws Exception {
        try (SluiceProcess sluice = SluiceProcess.run("--listen", "127.0.0.1:0", "--to", hello.address())) {
            sluice.signal("USR1");
            Thread.sleep(200);
            sessions(sluice, 2);
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
    }

    /** What is the matter with a file that is written to already is no reason to refuse what has nothing to do with it. */
    @Test
    void aReloadWithoutItsFolder() throws Exception {
        Path log = folder.resolve("logs/access.log");
        Files.createDirectory(log.getParent());
        try (SluiceProcess sluice = run(log)) {
            sessions(sluice, 1);
            awaitLines(log, 1);
            Path away = Files.move(log.getParent(), folder.resolve("away"));
            sluice.signal("HUP");
            sluice.awaitStderr("a reload", line -> line.startsWith("sluice: reloaded "));
            sluice.awaitStderr(
                    "a warning",
                    line -> line.equals("sluice: warning: access log: its file cannot be opened anew: its folder does"
                            + " not exist"));
            sessions(sluice, 2);
            awaitLines(away.resolve("access.log"), 3);
            config(folder.resolve("none/access.log"));
            sluice.signal("HUP");
            sluice.awaitStderr(
                    "another file is a reason", line -> line.startsWith("sluice: not reloaded: cannot open"));
            sessions(sluice, 1);
            awaitLines(away.resolve("access.log"), 4);
            assertEquals(0, sluice.terminate(), sluice::toString);
            assertEquals(0, lost(sluice), sluice::toString);
        }
    }

    @Test
    void withoutItsFolderLinesAreLostUntilThatIsThereAgain() throws Exception {
        Path log = folder.resolve("logs/access.log");
        Files.createDirectory(log.getParent());
        try (SluiceProcess sluice = run(log)) {
            sessions(sluice, 1);
            awaitLines(log, 1);
            Files.delete(log);
            Files.delete(log.getParent());
            sessions(sluice, 5);
            sluice.awaitStderr(
                    "that lines are lost",
                    line -> line.endsWith("lines are being lost: its file was removed and cannot be opened anew: its"
                            + " folder does not exist"));
            sluice.assertIdle(20, Duration.ofMillis(700));
            Files.createDirectory(log.getParent());
            Eventually.holds("it is written to again", () -> {
                sessions(sluice, 1);
                Thread.sleep(50);
                return !lines(log).isEmpty();
            });
            assertEquals(0, sluice.terminate(), sluice::toString);
            assertTrue(lost(sluice) >= 5, sluice::toString);
            assertWhole(log);
        }
    }

    /** Of what is written on a disk that is full, every line is whole; the others are counted, to the last one. */
    @Test
    void aDiskThatIsFull() throws Exception {
        assumeTrue(Machine.isRoot(), "needs root, to mount a file system");
        String unshare = Machine.needs("unshare", "util-linux").toString();
        Path disk = Files.createDirectory(folder.resolve("disk"));
        List<String> wrapper = List.of(
                unshare,
                "--mount",
                "sh",
                "-c",
                "mount -t tmpfs -o size=96k none '" + disk + "' && dd if=/dev/zero of='" + disk
                        + "/ballast' bs=1k count=64 2>/dev/null && exec \"$@\"",
                "sh");
        try (SluiceProcess sluice = SluiceProcess.runUnder(
                wrapper, Map.of(), "-c", config(disk.resolve("access.log")).toString())) {
            Path there = Path.of("/proc/" + sluice.pid() + "/root" + disk);
            Path log = there.resolve("access.log");
            sessions(sluice, 300);
            sluice.awaitStderr("that lines are lost", line -> line.endsWith("lost: No space left on device"));
            sluice.signal("HUP");
            sluice.awaitStderr("a reload all the same", line -> line.startsWith("sluice: reloaded "));
            Files.delete(there.resolve("ballast"));
            int had = lines(log).size();
            Eventually.holds("it is written to again", () -> {
                sessions(sluice, 1);
                return lines(log).size() > had + 5;
            });
            try (BufferedReader open = Files.newBufferedReader(log)) { // its file system goes with it, and this stays
                assertEquals(0, sluice.terminate(), sluice::toString);
                List<String> all = open.lines().toList();
                all.forEach(line -> assertTrue(line.matches(AccessLogTest.TEXT), line));
                assertEquals(hello.accepted(), all.size() + lost(sluice), sluice::toString);
                assertTrue(lost(sluice) > 0, sluice::toString);
            }
        }
    }

    /** Who starts it does not wait for a reader of the pipe, nor who stops it. */
    @Test
    void aPipeThatNobodyReads() throws Exception {
        Path pipe = pipe();
        try (SluiceProcess sluice = run(pipe)) {
            sessions(sluice, 800);
            long start = System.nanoTime();
            assertEquals(0, sluice.terminate(), sluice::toString);
            assertTrue(Duration.ofNanos(System.nanoTime() - start).toSeconds() < 15, sluice::toString);
            assertTrue(lost(sluice) > 0, sluice::toString);
        }
    }

    @Test
    void aPipeWhoseReaderComesLate() throws Exception {
        Path pipe = pipe();
        try (SluiceProcess sluice = run(pipe)) {
            sessions(sluice, 800);
            try (BufferedReader reader = Files.newBufferedReader(pipe)) {
                for (int i = 0; i < 800; i++) {
                    String line = reader.readLine();
                    assertTrue(line.matches(AccessLogTest.TEXT), line);
                }
            }
            assertEquals(0, sluice.terminate(), sluice::toString);
            assertEquals(0, lost(sluice), sluice::toString);
        }
    }

    @Test
    void anotherFileInPlaceOfAPipeThatIsStuck() throws Exception {
        Path log = folder.resolve("access.log");
        try (SluiceProcess sluice = run(pipe())) {
            sessions(sluice, 800);
            Thread.sleep(1500);
            config(log);
            sluice.signal("HUP");
            sluice.awaitStderr("a reload", line -> line.startsWith("sluice: reloaded "));
            sessions(sluice, 3);
            Eventually.holds("lines in it", () -> lines(log).size() >= 3);
            assertWhole(log);
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
    }

    private Path pipe() throws IOException, InterruptedException {
        Path pipe = folder.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        assertFalse(Files.isRegularFile(pipe));
        return pipe;
    }
}
