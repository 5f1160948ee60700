package dev.sluice.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.Cli;
import dev.sluice.cli.bench.load.Kind;
import dev.sluice.cli.bench.result.Case;
import dev.sluice.cli.common.Exit;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What is refused before anything is started, and what is made of what is not. */
class PreflightTest {
    @Command
    private static final class Holder {
        @Mixin
        private final BenchOptions options = new BenchOptions();
    }

    private static Plan plan(String... args) {
        Holder holder = new Holder();
        new CommandLine(holder).parseArgs(args);
        return new Preflight(holder.options, 20_000, false).plan();
    }

    private static void refused(String why, String... args) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> plan(args));
        assertTrue(String.valueOf(e.getMessage()).contains(why), e::getMessage);
    }

    private static List<String> names(Plan plan) {
        return plan.rows().stream().map(Row::name).toList();
    }

    @Test
    void defaults() {
        Plan plan = plan();
        assertEquals(List.of("direct", "copy", "splice", "auto"), names(plan));
        assertEquals(
                List.of(
                        new Case(Kind.BULK_DOWN, 8, 0, 0),
                        new Case(Kind.PING, 32, 128, 0),
                        new Case(Kind.PING, 32, 65_536, 0),
                        new Case(Kind.CHURN, 32, 0, 0)),
                plan.cases());
        assertTrue(plan.estimate().compareTo(Duration.ofMinutes(4)) < 0, plan::toString);
        assertTrue(plan.most().compareTo(Duration.ofMinutes(6)) < 0, plan::toString);
    }

    @Test
    void mixedIsPingsBesideStreams() {
        assertEquals(
                List.of(new Case(Kind.MIXED, 16, 8, 128, 0)),
                plan("--workload", "mixed").cases());
        assertEquals(
                List.of(new Case(Kind.MIXED, 2, 3, 64, 500), new Case(Kind.MIXED, 2, 3, 4096, 500)),
                plan("--workload=mixed", "--connections=2", "--streams=3", "--size=64,4KiB", "--rate=500")
                        .cases());
        refused("hard limit is 20000", "--workload", "mixed", "--connections", "9000", "--streams", "1000");
    }

    @Test
    void aSweepIsOfManySizesWithoutDirect() {
        Plan plan = plan("--sweep");
        assertEquals(List.of("copy", "splice", "auto"), names(plan));
        assertEquals(64, plan.cases().getFirst().size());
        assertEquals(1 << 20, plan.cases().getLast().size());
        assertTrue(plan.estimate().compareTo(Duration.ofMinutes(10)) < 0, plan::toString);
        assertEquals(
                List.of(10, 20),
                plan("--sweep", "--size", "10,20").cases().stream()
                        .map(Case::size)
                        .toList());
    }

    @Test
    void whatIsNamedTwiceIsDoneOnce() {
        Plan plan = plan("--workload", "churn,churn", "--relay", "splice,copy,splice");
        assertEquals(1, plan.cases().size());
        assertEquals(List.of("splice", "copy"), names(plan));
    }

    @Test
    void theEstimateGrowsWithTheWork() {
        Duration one = plan("--workload", "churn", "--rounds", "1").estimate();
        Duration ten = plan("--workload", "churn", "--rounds", "11").estimate();
        assertEquals(10 * 4 * 2650, ten.minus(one).toMillis());
        assertTrue(plan("--workload", "idle").estimate().toSeconds() > 18);
    }

    @Test
    void whatWouldTakeHours() {
        refused("about 2 h", "--sweep", "--rounds", "100");
        refused("--max-time is 1m", "--max-time", "1m");
        assertEquals(
                100,
                plan("--sweep", "--rounds", "100", "--max-time", "5h")
                        .stopRule()
                        .least());
        assertEquals("59 s", Preflight.rounded(Duration.ofSeconds(59)));
        assertEquals("9 min 59 s", Preflight.rounded(Duration.ofSeconds(599)));
        assertEquals("10 min", Preflight.rounded(Duration.ofSeconds(630)));
        assertEquals("2 h 5 min", Preflight.rounded(Duration.ofMinutes(125)));
    }

    @Test
    void contradictions() {
        refused("--netns needs root", "--netns");
        refused("never spins on one CPU, to which each proxy is pinned: add --no-pin", "--busy-poll", "auto");
        assertEquals(4, plan("--busy-poll", "auto", "--no-pin").rows().size());
        refused("--mtu is of --netns", "--mtu", "1500");
        refused("--congestion is of --netns", "--congestion", "cubic");
        refused("not with --server", "--netns", "--server", "127.0.0.1:1");
        refused("--against cannot be reached", "--netns", "--against", "127.0.0.1:1=x");
        refused("its own --workload", "--sweep", "--workload", "churn");
        refused("--rate is of pings", "--rate", "10", "--workload", "churn");
        refused("--server-port is of a server here", "--server", "127.0.0.1:1", "--server-port", "5");
        refused("--max-rounds 2 is below --rounds 3", "--max-rounds", "2");
        refused("hard limit is 20000", "--connections", "10000");
    }

    @Test
    void whoIsNotThere() throws Exception {
        refused("nobody serves at --server 127.0.0.1:1", "--server", "127.0.0.1:1");
        refused("nginx is not there", "--against", "127.0.0.1:1=nginx");
        refused("is not HOST:PORT=NAME", "--against", "127.0.0.1:1");
        refused("there is a row 'splice' already", "--against", "127.0.0.1:1=splice");
        refused("there is no process '999999999'", "--against", "127.0.0.1:1=x:999999999");
        try (ServerSocket taken = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());
            refused("is taken", "--server-port", port);
            refused("does not answer as a bench server", "--server", "127.0.0.1:" + port);
            Plan plan = plan("--against", "127.0.0.1:" + port + "=here");
            Row.External external = (Row.External) plan.rows().getLast();
            assertEquals("here", external.name());
            assertEquals(List.of(ProcessHandle.current().pid()), external.pids());
            assertEquals(Preflight.EXTERNAL_SERVER_PORT, plan.serverPort());
        }
    }

    /** What a proxy does whose upstream, our server, is not there yet. Its reset may be there before connect(2) returns. */
    @Test
    void whoAnswersWithAResetIsThere() throws Exception {
        int server;
        try (ServerSocket free = new ServerSocket(0)) {
            server = free.getLocalPort();
        }
        try (ServerSocket proxy = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Thread.ofPlatform().daemon().start(() -> resetAll(proxy));
            String peer = "127.0.0.1:" + proxy.getLocalPort() + "=peer:"
                    + ProcessHandle.current().pid();
            for (int i = 0; i < 200; i++) {
                assertTrue(names(plan("--against", peer, "--server-port", Integer.toString(server)))
                        .contains("peer"));
            }
        }
    }

    private static void resetAll(ServerSocket listener) {
        try {
            while (true) {
                try (Socket client = listener.accept()) {
                    client.setSoLinger(true, 0);
                }
            }
        } catch (IOException e) {
            assertTrue(listener.isClosed(), e::toString);
        }
    }

    @Test
    void oneLineAndTwo(@TempDir Path folder) {
        Cli.run("bench", "--workload", "foo").assertComplains(Exit.USAGE, "--workload 'foo' is not one of bulk-down,");
        Cli.run("bench", "--size", "1GiB").assertComplains(Exit.USAGE, "--size '1GiB' is out of range");
        Cli.run("bench", "--seconds", "0").assertComplains(Exit.USAGE, "--seconds '0' is out of range");
        Cli.run("bench", "--rounds", "x")
                .assertComplains(Exit.USAGE, "--rounds 'x' is not a whole number of 1 to 1000");
        Cli.run("bench", "--precision", "x").assertComplains(Exit.USAGE, "--precision 'x' is not a percentage");
        Cli.run("bench", "--relay", "x").assertComplains(Exit.USAGE, "'x' is not one of direct, copy, splice");
        Cli.run("bench", "--report", folder.toString()).assertComplains(Exit.USAGE, "it is a folder");
        Cli.run("bench", "--json", folder + "/no/x")
                .assertComplains(Exit.USAGE, "there is no folder " + folder + "/no");
        Cli.run("bench", "--json", "-", "--csv", "-").assertComplains(Exit.USAGE, "--csv - is taken");
        Cli.run("bench", "--report", "-x", "--report=/proc/x").assertComplains(Exit.USAGE);
        Cli.run("bench", "server").assertComplains(Exit.USAGE, "--listen=ADDRESS");
        Cli.run("bench", "server", "--listen", "db:5").assertComplains(Exit.USAGE, "is not an IP address with a port");
        Cli.run("bench", "server", "--listen", "192.0.2.1:5").assertComplains(Exit.FAILED, "EADDRNOTAVAIL");
    }

    @Test
    void help() {
        Cli.Result help = Cli.run("bench", "--help");
        assertEquals(Exit.OK, help.code());
        assertTrue(help.out().contains("Default: 5%.") && help.err().isEmpty(), () -> help.out() + help.err());
        assertTrue(help.out().contains("--sweep") && !help.out().contains("--until-eof"), help.out());
        assertEquals(Exit.OK, Cli.run("bench", "server", "--help").code());
    }
}
