package dev.sluice.cli.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.Cli;
import dev.sluice.cli.DescriptorLeakCheck;
import dev.sluice.cli.common.Exit;
import dev.sluice.cli.machine.PipeLimits;
import dev.sluice.cli.machine.Proc;
import dev.sluice.proxy.cpu.Placement;
import dev.sluice.proxy.cpu.SpinAdvice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(DescriptorLeakCheck.class)
class DoctorTest {
    @TempDir
    Path root;

    private final Report report = new Report();

    private Examination examination(String... filesAndTexts) throws IOException {
        for (int i = 0; i < filesAndTexts.length; i += 2) {
            Path path = root.resolve(filesAndTexts[i]);
            Files.createDirectories(path.getParent());
            Files.writeString(path, filesAndTexts[i + 1]);
        }
        return new Examination(new Proc(root), report);
    }

    private void assertSays(String... parts) {
        for (String part : parts) {
            assertTrue(report.toString().contains(part), "'" + part + "' in:\n" + report);
        }
    }

    @Test
    void whatBusyPollAutoDoesHere() {
        Examination.spinning(report, new SpinAdvice(0, "there is one CPU to use"));
        assertSays("ok    busy-poll     auto never spins here: there is one CPU to use");
        Examination.spinning(report, new SpinAdvice(1, "1 of 2 loops"));
        assertSays("auto spins for up to 100us where waits are short: 1 of 2 loops", "busy-poll 0 turns it off");
    }

    @Test
    void whatPinAutoDoesHere() {
        Examination.pinning(report, new Placement(List.of(), "there is not one loop for each CPU"));
        assertSays("ok    pin           auto pins nothing here: there is not one loop for each CPU");
        Examination.pinning(report, new Placement(List.of(0, 1), "one loop on each of the CPUs 0-1"));
        assertSays("auto pins one loop on each of the CPUs 0-1");
    }

    @Test
    void aWholeReport() {
        Cli.Result result = Cli.run("doctor", "--pipe-size", "64KiB");
        assertEquals(Exit.OK, result.code(), result.out());
        assertEquals("", result.err());
        assertTrue(result.out().contains("SHA-256 agrees"), result.out());
        assertTrue(result.out().contains("pipe of 64 KiB asked, 64 KiB got"), result.out());
        assertTrue(result.out().lines().anyMatch(line -> line.startsWith("sluice runs here")), result.out());
    }

    @Test
    void splicingReallyHappens() throws InterruptedException {
        SpliceCheck.Result result = SpliceCheck.run(64 << 10, Duration.ofSeconds(30));
        assertEquals(new SpliceCheck.Result(64 << 10, ""), result);
    }

    @Test
    void aCheckThatTakesTooLongIsAFailure() throws InterruptedException {
        SpliceCheck.Result result = SpliceCheck.run(64 << 10, Duration.ZERO);
        assertFalse(result.passed());
        Thread.sleep(500);
    }

    @Test
    void theArithmeticOfPipes() throws IOException {
        PipeLimits limits = new PipeLimits(4096, 1 << 20, 16_384, 0, false, false);
        examination().pipes(limits, 256 << 10);
        assertSays(
                "ok    pipe size     256 KiB is granted",
                "warn  pipe pages",
                "16384 pages / 64 pages of a 256 KiB pipe = 256 pipes",
                "128 sessions at a time both ways");
    }

    @Test
    void aPipeThatCannotBe() throws IOException {
        examination().pipes(new PipeLimits(4096, 1 << 20, 16_384, 0, false, true), 4 << 20);
        assertSays(
                "warn  pipe size     4 MiB is refused, pipes stay at 64 KiB",
                "ok    pipe pages    no limit",
                "16384 pages / 16 pages of a 64 KiB pipe = 1024 pipes");
    }

    @Test
    void theArithmeticOfDescriptors() throws IOException {
        assertEquals(496, Examination.sessions(1024, false));
        assertEquals(165, Examination.sessions(1024, true));
        assertEquals(0, Examination.sessions(20, true));
        assertEquals(Long.MAX_VALUE, Examination.sessions(Long.MAX_VALUE, true));
        examination().files(1024, 1024);
        assertSays("warn  descriptors   soft 1024, hard 1024", "496 sessions, 165 of them in flight");
    }

    @Test
    void capabilitiesAndLowPorts() throws IOException {
        examination("self/status", "CapEff:\t0000000000000400\n").capabilities();
        assertSays("CAP_NET_BIND_SERVICE yes, CAP_SYS_RESOURCE no, CAP_SYS_ADMIN no", "may listen on any port");
    }

    @Test
    void noCapabilities() throws IOException {
        examination("self/status", "CapEff:\t0\n", "sys/net/ipv4/ip_unprivileged_port_start", "80\n")
                .capabilities();
        assertSays("CAP_NET_BIND_SERVICE no", "ports from 80 on");
    }

    @Test
    void theNetwork() throws IOException {
        examination(
                        "sys/net/core/somaxconn",
                        "128\n",
                        "sys/net/ipv4/tcp_congestion_control",
                        "bbr\n",
                        "sys/net/ipv4/ip_local_port_range",
                        "32768\t60999\n")
                .network();
        assertSays("warn  backlog       net.core.somaxconn 128", "bbr: it paces", "at most 28232 sessions");
    }

    @Test
    void theVerdict() {
        report.ok("a", "b");
        assertSays("sluice runs here\n");
        report.warn("c", "d", "e");
        assertSays("\nsluice runs here, within", "warn  c             d\n                    e\n");
        report.fail("f", "g");
        assertSays("FAIL  f             g", "sluice cannot splice here");
        assertTrue(report.hasFailed());
    }
}
