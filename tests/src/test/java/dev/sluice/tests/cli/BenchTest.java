package dev.sluice.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code sluice bench}, as a process: that it measures, that it says so, and that it leaves nothing behind. */
@Timeout(90)
class BenchTest {
    private static final String[] SHORT = {"--rounds", "1", "--seconds", "200ms", "--warmup", "100ms"};

    private static SluiceProcess bench(String... options) {
        List<String> words = new ArrayList<>(List.of("bench"));
        if (!List.of(options).contains("--rounds")) {
            words.addAll(List.of(SHORT));
        }
        words.addAll(List.of(options)); // of an option given twice, picocli would complain
        return SluiceProcess.start(Map.of(), words.toArray(String[]::new));
    }

    private static JsonObject json(SluiceProcess sluice) {
        return JsonParser.parseString(String.join("\n", sluice.stdout())).getAsJsonObject();
    }

    /** A figure of a row, if it was measured. */
    private static Optional<Double> figure(JsonObject all, String workload, String row, String figure) {
        for (JsonElement element : all.getAsJsonArray("results")) {
            JsonObject result = element.getAsJsonObject();
            if (result.get("workload").getAsString().equals(workload)
                    && result.get("row").getAsString().equals(row)) {
                assertEquals(1, result.getAsJsonArray("rounds").size());
                return Optional.ofNullable(result.getAsJsonObject("spread").getAsJsonObject(figure))
                        .map(spread -> spread.get("median").getAsDouble());
            }
        }
        throw new AssertionError("no " + workload + " of " + row + " in " + all);
    }

    @Test
    void measuresTheRelaysSideBySideAndWritesItDown(@TempDir Path folder) throws Exception {
        Path csv = folder.resolve("bench.csv");
        Path report = folder.resolve("bench.html");
        try (SluiceProcess sluice = bench(
                "--workload",
                "bulk-down,ping",
                "--size",
                "1KiB",
                "--relay",
                "direct,copy,splice",
                "--json",
                "-",
                "--csv",
                csv.toString(),
                "--report",
                report.toString())) {
            assertEquals(0, sluice.awaitExit(), sluice::toString);
            JsonObject all = json(sluice);
            assertTrue(all.getAsJsonObject("header").has("network"), all::toString);
            for (String row : List.of("copy", "splice")) {
                assertTrue(figure(all, "bulk-down", row, "gib_per_s").orElseThrow() > 0.001, all::toString);
                assertTrue(figure(all, "bulk-down", row, "cpu_s_per_gib").orElseThrow() > 0.001, all::toString);
                assertTrue(figure(all, "ping", row, "ops_per_s").orElseThrow() > 10, all::toString);
                assertTrue(figure(all, "ping", row, "cpu_us_per_op").orElseThrow() > 0.5, all::toString);
                assertTrue(
                        figure(all, "ping", row, "p50_us").orElseThrow()
                                <= figure(all, "ping", row, "p99_9_us").orElseThrow(),
                        all::toString);
            }
            assertTrue(figure(all, "ping", "direct", "ops_per_s").orElseThrow() > 10, all::toString);
            assertTrue(figure(all, "ping", "direct", "cpu_us_per_op").isEmpty(), "no proxy, no CPU of one");
            for (String workload : List.of("bulk-down", "ping")) {
                JsonObject stop = entry(all.getAsJsonArray("stops"), workload);
                assertEquals("rounds", stop.get("reason").getAsString(), "as many as were asked for");
                assertEquals(1, stop.get("rounds").getAsInt());
                JsonObject generator = entry(all.getAsJsonArray("generator"), workload);
                double busiest = generator.get("busiest_cpu_part").getAsDouble();
                assertTrue(busiest > 0.01 && busiest <= 1, all::toString);
            }
            assertTrue(sluice.stderr().stream().anyMatch(line -> line.startsWith("bulk-down, 8 streams")));
            assertTrue(sluice.stderr().stream().anyMatch(line -> line.startsWith("  generator: ")), sluice::toString);
        }
        assertEquals(1 + 2 * 3, Files.readAllLines(csv).size());
        assertTrue(Files.readString(report).contains("<svg"));
    }

    private static JsonObject entry(JsonArray entries, String workload) {
        for (JsonElement entry : entries) {
            if (entry.getAsJsonObject().get("workload").getAsString().equals(workload)) {
                return entry.getAsJsonObject();
            }
        }
        throw new AssertionError("no " + workload + " in " + entries);
    }

    @Test
    void requestsBesideStreams() {
        try (SluiceProcess sluice =
                bench("--workload", "mixed", "--streams", "2", "--relay", "direct,auto", "--json", "-")) {
            assertEquals(0, sluice.awaitExit(), sluice::toString);
            JsonObject all = json(sluice);
            for (String row : List.of("direct", "auto")) {
                assertTrue(figure(all, "mixed", row, "ops_per_s").orElseThrow() > 0, all::toString);
                assertTrue(figure(all, "mixed", row, "p99_us").orElseThrow() > 0, all::toString);
                assertTrue(figure(all, "mixed", row, "gib_per_s").orElseThrow() > 0, all::toString);
            }
            assertTrue(sluice.stderr().contains("mixed, 16 connections x 128 B beside 2 streams"), sluice::toString);
        }
    }

    @Test
    void roundsGoOnWhileTheFiguresAreNotKnown() {
        try (SluiceProcess sluice = bench(
                "--rounds",
                "2",
                "--max-rounds",
                "3",
                "--precision",
                "0.1%",
                "--seconds",
                "100ms",
                "--warmup",
                "100ms",
                "--workload",
                "ping",
                "--size",
                "128B",
                "--relay",
                "splice",
                "--json",
                "-")) {
            assertEquals(0, sluice.awaitExit(), sluice::toString);
            JsonObject all = json(sluice);
            JsonObject stop = entry(all.getAsJsonArray("stops"), "ping");
            // So short, figures are hardly ever known to 0.1%; if they are, that is said.
            int rounds = stop.get("rounds").getAsInt();
            assertEquals(
                    rounds == 3 ? "max-rounds" : "precision", stop.get("reason").getAsString(), all::toString);
            JsonObject row = all.getAsJsonArray("results").get(0).getAsJsonObject();
            assertEquals(rounds, row.getAsJsonArray("rounds").size(), all::toString);
        }
    }

    @Test
    void aProxyThatRunsAlreadyIsOneMoreRowAndOursIsPinned() throws Exception {
        int serverPort = Machine.freePort();
        try (SluiceProcess peer = SluiceProcess.run("--listen", "127.0.0.1:0", "--to", "127.0.0.1:" + serverPort);
                SluiceProcess sluice = bench(
                        "--workload",
                        "churn",
                        "--relay",
                        "splice",
                        "--server-port",
                        Integer.toString(serverPort),
                        "--rounds",
                        "1",
                        "--seconds",
                        "2",
                        "--warmup",
                        "1",
                        "--against",
                        "127.0.0.1:" + peer.port() + "=other",
                        "--json",
                        "-")) {
            List<ProcessHandle> children = children(sluice);
            List<String> pinned = new ArrayList<>();
            for (ProcessHandle child : children) {
                pinned.add(cpus(child));
            }
            assertEquals(0, sluice.awaitExit(), sluice::toString);
            assertTrue(children.stream().noneMatch(ProcessHandle::isAlive), "all have ended");
            JsonObject all = json(sluice);
            assertTrue(figure(all, "churn", "other", "ops_per_s").orElseThrow() > 1, all::toString);
            assertTrue(figure(all, "churn", "other", "cpu_us_per_op").isPresent(), "its process was found by its port");
            JsonObject header = all.getAsJsonObject("header");
            assertTrue(header.get("other").getAsString().contains("pid " + peer.pid()), all::toString);
            assertTrue(peer.isRunning(), "it is not ours to end");
            Matcher proxy = Pattern.compile("proxy on CPU (\\d+),.*")
                    .matcher(header.get("pinning").getAsString());
            if (proxy.matches()) { // else there is one CPU only
                assertEquals(1, pinned.stream().filter(proxy.group(1)::equals).count(), () -> pinned + " " + header);
                assertTrue(pinned.stream().allMatch(cpus -> cpus.matches("\\d+")), pinned::toString);
            }
        }
    }

    @Test
    void theServerMayBeElsewhere() {
        try (SluiceProcess server = SluiceProcess.start(Map.of(), "bench", "server", "--listen", "127.0.0.1:0")) {
            String line = server.awaitStderr("its address", text -> text.contains("serving bench traffic on "));
            String address = line.substring(line.lastIndexOf(' ') + 1);
            try (SluiceProcess sluice = bench(
                    "--workload", "ping", "--rate", "200", "--relay", "copy", "--server", address, "--json", "-")) {
                assertEquals(0, sluice.awaitExit(), sluice::toString);
                assertTrue(figure(json(sluice), "ping", "copy", "ops_per_s").orElseThrow() > 50, sluice::toString);
            }
            server.terminate();
        }
    }

    @Test
    void namespacesAreMadeAndRemovedWhateverHappens() throws Exception {
        assumeTrue(Machine.isRoot(), "needs root");
        Machine.needs("ip", "iproute2");
        try (SluiceProcess sluice = SluiceProcess.start(
                Map.of(),
                "bench",
                "--netns",
                "--rounds",
                "1000",
                "--seconds",
                "100ms",
                "--warmup",
                "100ms",
                "--workload",
                "ping",
                "--size",
                "1KiB",
                "--relay",
                "copy",
                "--mtu",
                "1400")) {
            Eventually.holds("a namespace", () -> namespaces().contains("sluice-" + sluice.pid() + "-proxy"));
            List<ProcessHandle> children = children(sluice);
            Eventually.holds("traffic", () -> received("sluice-" + sluice.pid() + "-proxy") > 4 << 20);
            Thread.sleep(3_000); // warming up takes 300 ms, a round 200
            sluice.signal("INT");
            assertEquals(130, sluice.awaitExit());
            assertTrue(
                    sluice.stdout().stream().anyMatch(line -> line.contains("joined by veth, MTU 1400")),
                    sluice::toString);
            assertTrue(sluice.stdout().stream().anyMatch(line -> line.contains("note: interrupted")), sluice::toString);
            assertFalse(namespaces().contains("sluice-" + sluice.pid()), sluice::toString);
            assertTrue(children.stream().noneMatch(ProcessHandle::isAlive), "all have ended");
        }
    }

    private static String namespaces() throws IOException {
        Process ip = new ProcessBuilder("ip", "netns", "list").start();
        return new String(ip.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Its processes, once there are three. */
    private static List<ProcessHandle> children(SluiceProcess sluice) throws Exception {
        ProcessHandle bench = ProcessHandle.of(sluice.pid()).orElseThrow();
        List<ProcessHandle> children = new ArrayList<>();
        Eventually.holds("client, server and a proxy", () -> {
            assertTrue(sluice.isRunning(), sluice::toString);
            children.clear();
            children.addAll(bench.children().toList());
            return children.size() >= 3;
        });
        return children;
    }

    /** Bytes that have come into a namespace through its links (proc_pid_net_dev(5)). */
    private static long received(String namespace) throws IOException {
        Process cat = new ProcessBuilder("ip", "netns", "exec", namespace, "cat", "/proc/net/dev").start();
        return new String(cat.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith("veth-") || line.startsWith("peer-"))
                .mapToLong(line -> Long.parseLong(
                        line.substring(line.indexOf(':') + 1).strip().split(" +", 2)[0]))
                .sum();
    }

    private static String cpus(ProcessHandle process) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                .findFirst()
                .orElseThrow()
                .replaceAll(".*\\s", "");
    }

    @Test
    void whatIsInTheWayIsSaidBeforeAnythingIsStarted() {
        for (String[] options : new String[][] {
            {"--against", "127.0.0.1:1=nobody"},
            {"--server", "127.0.0.1:1"},
            {"--report", "/nonexistent/x.html"},
            {"--sweep", "--max-time", "1s"},
        }) {
            try (SluiceProcess sluice = bench(options)) {
                assertEquals(2, sluice.awaitExit());
                assertEquals(1, sluice.stderr().size(), sluice::toString);
                assertEquals(List.of(), sluice.stdout());
            }
        }
        if (!Machine.isRoot()) {
            try (SluiceProcess sluice = bench("--netns")) {
                assertEquals(2, sluice.awaitExit());
            }
        }
    }
}
