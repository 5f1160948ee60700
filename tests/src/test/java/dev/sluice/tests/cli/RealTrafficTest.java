package dev.sluice.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.tests.testkit.Daemon;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Script;
import dev.sluice.tests.testkit.SluiceProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code tests/real-traffic}: that it measures, and that what it started ends with it, however it ends. */
@Timeout(180)
class RealTrafficTest {
    /** More than it takes, of those from its first on. */
    private static final int PORTS = 20;

    @TempDir
    private Path temp;

    private int firstPort;

    @BeforeEach
    void place() throws IOException {
        Machine.needs("python3", "python3");
        Machine.forUnprivileged(temp);
        firstPort = Machine.freePorts(PORTS);
    }

    private ProcessBuilder command(String... options) throws IOException {
        List<String> words = new ArrayList<>();
        words.add(SluiceProcess.HOME.resolve("tests/real-traffic").toString());
        words.addAll(List.of(options));
        words.addAll(List.of("--port", Integer.toString(firstPort)));
        words.addAll(List.of("--quiet", "10000", "--seconds", "1", "--warmup", "1"));
        ProcessBuilder command = new ProcessBuilder(words);
        command.environment().put("TMPDIR", Files.createDirectory(folder()).toString());
        command.environment().put("SLUICE_BUILD", "never");
        Machine.forUnprivileged(folder());
        return command;
    }

    /** Where it has its own. */
    private Path folder() {
        return temp.resolve("folder");
    }

    private boolean leavesNothingThatListens() {
        return IntStream.range(firstPort, firstPort + PORTS)
                .noneMatch(port -> Daemon.accepts(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)));
    }

    private boolean leavesNoFiles() throws IOException {
        try (Stream<Path> files = Files.list(folder())) {
            return files.findAny().isEmpty();
        }
    }

    @Test
    void measuresPgbenchDirectlyAndThroughSluice() throws Exception {
        assumeTrue(
                Files.isDirectory(Path.of("/usr/lib/postgresql")),
                "needs pgbench below /usr/lib/postgresql (Debian package postgresql)");
        Path json = temp.resolve("figures.json");
        Script.Result result = Script.run(temp, command("--rows", "pg1", "--rounds", "1", "--json", json.toString()));
        assertEquals(0, result.code(), result::err);
        JsonObject all = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
        JsonObject row = all.getAsJsonArray("rows").get(0).getAsJsonObject();
        JsonObject medians = row.getAsJsonObject("medians");
        assertTrue(medians.getAsJsonObject("direct").get("rate").getAsDouble() > 0, all::toString);
        JsonObject sluice = medians.getAsJsonObject("sluice");
        assertTrue(sluice.get("rate").getAsDouble() > 0, all::toString);
        assertTrue(sluice.get("latency_us").getAsDouble() > 0, all::toString);
        double own = sluice.get("cpu_us_per_op").getAsDouble();
        assertTrue(own > 0 && own < sluice.get("machine_us_per_op").getAsDouble(), all::toString);
        assertTrue(sluice.has("spin_miss_seconds_per_s"), all::toString);
        assertTrue(result.out().contains("sluice / direct"), result::out);
        assertTrue(leavesNothingThatListens(), result::err);
        assertTrue(leavesNoFiles());
    }

    /** Ctrl-C is INT; after KILL it can do nothing more, and its folder stays. */
    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143", "KILL, 137"})
    void whatItStartedEndsWithIt(String signal, int code) throws Exception {
        Machine.needs("redis-server", "redis-server");
        Machine.needs("redis-benchmark", "redis-tools");
        Path err = temp.resolve("err");
        Process process = command("--rows", "idle", "--rounds", "1000")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(err.toFile())
                .start();
        process.getOutputStream().close();
        try {
            Eventually.holds("it measures", () -> Files.readString(err).contains("round 1 of 1000"));
            Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start();
            assertEquals(0, kill.waitFor());
            // Each process that it has started may take 4 s.
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), () -> "still runs after " + signal);
            assertEquals(code, process.exitValue(), () -> "after " + signal);
        } finally {
            process.destroyForcibly();
        }
        Eventually.holds("nothing listens any more", this::leavesNothingThatListens);
        assertTrue(signal.equals("KILL") || leavesNoFiles());
    }

    /** What no run shows: loads that fail, an order, a group of version 2. */
    @Test
    void itsParts() throws Exception {
        Path tests = SluiceProcess.HOME.resolve("tests/tools/real_traffic_test.py");
        Script.Result result = Script.run(temp, new ProcessBuilder("python3", "-B", tests.toString()));
        assertEquals(0, result.code(), result::err);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--rows | pg2 | pg2 is none of pg1, pg16, ",
                "--rounds | 0 | 0 is no whole number from 1 to 1000",
                "--haproxy | /nowhere | --haproxy: /nowhere cannot be executed",
                "--haproxy | /usr | --haproxy: /usr cannot be executed",
                "--build | /nowhere | /nowhere is no checkout of Sluice",
                "--json | /nowhere/figures | /nowhere/figures: No such file or directory",
            })
    void whatIsWrongIsSaidInOneLine(String option, String value, String why) throws Exception {
        complains(option, value, why);
    }

    @Test
    void whatIsNoProgramIsSaidInOneLine() throws Exception {
        Path words = temp.resolve("words");
        Script.write(words, "only words\n");
        complains("--haproxy", words.toString(), words + ": Exec format error");
    }

    private void complains(String option, String value, String why) throws Exception {
        Script.Result result = Script.run(temp, command(option, value));
        assertTrue(result.code() == 1 || result.code() == 2, () -> "exit " + result.code());
        assertEquals(1, result.err().lines().count(), result::err);
        assertTrue(result.err().startsWith("real-traffic: "), result::err);
        assertTrue(result.err().contains(why), result::err);
        assertTrue(leavesNoFiles());
    }
}
