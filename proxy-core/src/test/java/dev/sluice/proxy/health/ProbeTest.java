package dev.sluice.proxy.health;

import static dev.sluice.proxy.testkit.TalkingServer.hear;
import static dev.sluice.proxy.testkit.TalkingServer.say;
import static dev.sluice.proxy.testkit.TalkingServer.spell;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.config.Bytes;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.config.ProxyHeader;
import dev.sluice.proxy.health.dialogue.Dialogue;
import dev.sluice.proxy.health.dialogue.Verdict;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.LeakCheck.Descriptors;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.TalkingServer;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What becomes of a connection that asks, whatever the other side does; and that nothing is left of it. */
class ProbeTest extends RealSockets {
    private static final HealthCheck TCP = new HealthCheck.Tcp();

    /** Each kind that talks. */
    private static final List<HealthCheck> TALKING = List.of(
            HealthCheck.Http.of("/health"),
            HealthCheck.Postgres.ofDefaults(),
            new HealthCheck.Redis(),
            new HealthCheck.Expect(Bytes.ofText("hello\n"), Bytes.ofText("welcome")),
            new HealthCheck.Agent(1),
            new HealthCheck.Mysql("check"));

    private ProbeRig rig = new ProbeRig();
    private Descriptors before = Descriptors.open();

    @BeforeEach
    void open() {
        before = Descriptors.open();
    }

    @AfterEach
    void close() {
        assertEquals(Map.of(), before.leftOpen());
        rig.close();
    }

    private Stream<DynamicTest> each(java.util.function.Consumer<HealthCheck> test) {
        return TALKING.stream()
                .map(check -> DynamicTest.dynamicTest(check.getClass().getSimpleName(), () -> test.accept(check)));
    }

    @Test
    void whoeverListensNeverHearsOfACheckThatOnlyConnects() {
        int listener = net.listen(Net.LOOPBACK, 8);
        before = Descriptors.open();
        for (int i = 0; i < 3; i++) {
            assertEquals(Verdict.alive("accepts connections"), rig.ask(TCP, net.nameOf(listener), ProbeRig.PATIENT));
        }
        rig.loops.turnFor(100);
        assertEquals(-Errno.EAGAIN, net.tryAccept(listener));
    }

    @Test
    void aUnixListenerIsConnectedTo() {
        Address name = Net.abstractName();
        int listener = net.listen(name, 8);
        before = Descriptors.open();
        assertEquals(Verdict.alive("accepts connections"), rig.ask(TCP, name, ProbeRig.PATIENT));
        net.close(net.accept(listener));
    }

    @Test
    void aUnixListenerThatTakesNoMoreFails() {
        Address name = Net.abstractName();
        net.listen(name, 0);
        net.fillBacklog(name);
        before = Descriptors.open();
        assertEquals(Verdict.failed("its backlog is full (EAGAIN)"), rig.ask(TCP, name, ProbeRig.PATIENT));
    }

    @Test
    void whereNobodyListensItIsRefused() {
        Verdict refused = Verdict.failed("cannot be connected to: connection refused (ECONNREFUSED)");
        assertEquals(refused, rig.ask(TCP, net.refusing(), ProbeRig.PATIENT));
        assertEquals(refused, rig.ask(HealthCheck.Http.of("/"), net.refusing(), ProbeRig.PATIENT));
        assertEquals(
                Verdict.failed("cannot be connected to: connection refused (ECONNREFUSED)"),
                rig.ask(TCP, Net.abstractName(), ProbeRig.PATIENT));
    }

    @Test
    void whereNothingAnswersTheTimeRunsOut() {
        Address deaf = net.deaf();
        before = Descriptors.open();
        assertEquals(Verdict.failed("no connection within 50 ms"), rig.ask(TCP, deaf, 50));
    }

    @Test
    void whatThisSideIsShortOfSaysNothingOfTheEndpoint() {
        Address there = net.nameOf(net.listen(Net.LOOPBACK, 8));
        before = Descriptors.open();
        assertTrue(rig.budget.claim(ProbeRig.DESCRIPTORS));
        Probe probe = new Probe(rig.context, there, Dialogue.of(TCP, ""), ProxyHeader.NONE, 1000, (verdict, nanos) -> {
            assertEquals(Verdict.none("not asked: too many open files in this process (EMFILE)"), verdict);
        });
        probe.start();
        assertTrue(probe.isOver());
        rig.budget.release(ProbeRig.DESCRIPTORS);
        rig.loops.script.once(Call.SOCKET, 1, Fault.error(Errno.ENFILE));
        assertEquals(Verdict.none("not asked: " + Errno.describe(Errno.ENFILE)), rig.ask(TCP, there, ProbeRig.PATIENT));
        rig.loops.script.once(Call.CONNECT, 1, Fault.error(Errno.EADDRNOTAVAIL));
        assertEquals(
                Verdict.none("not asked: " + Errno.describe(Errno.EADDRNOTAVAIL)),
                rig.ask(TCP, there, ProbeRig.PATIENT));
    }

    @Test
    void aProbeThatIsCancelledLeavesNothingAndSaysNothing() {
        Address there = net.nameOf(net.listen(Net.LOOPBACK, 8));
        before = Descriptors.open();
        Probe probe = new Probe(
                rig.context,
                there,
                Dialogue.of(HealthCheck.Http.of("/"), ""),
                ProxyHeader.NONE,
                1_000_000_000,
                (verdict, nanos) -> {
                    throw new AssertionError(verdict);
                });
        probe.start();
        rig.loops.turnFor(20);
        probe.cancel();
        rig.loops.turnFor(20);
        assertTrue(probe.isOver());
        assertEquals(ProbeRig.DESCRIPTORS, rig.budget.available());
    }

    @Test
    void aLoopThatStopsTakesItsProbesWithIt() {
        Address there = net.nameOf(net.listen(Net.LOOPBACK, 8));
        before = Descriptors.open();
        Probe probe = new Probe(
                rig.context,
                there,
                Dialogue.of(HealthCheck.Http.of("/"), ""),
                ProxyHeader.NONE,
                1_000_000_000,
                (verdict, nanos) -> {});
        probe.start();
        rig.loops.turnFor(20);
        rig.loops.stop();
        assertTrue(probe.isOver());
    }

    @TestFactory
    Stream<DynamicTest> oneThatHangsIsTooLate() {
        return each(check ->
                assertEquals(Verdict.failed("no answer within 60 ms"), rig.ask(check, 60, TalkingServer::silence)));
    }

    @TestFactory
    Stream<DynamicTest> oneThatEndsAtOnceHasSaidNothing() {
        return each(check -> rig.fails("ended the connection without an answer", check, socket -> {
            if (!(check instanceof HealthCheck.Agent || check instanceof HealthCheck.Mysql)) {
                hear(socket, 1);
            }
            socket.shutdownOutput();
        }));
    }

    @TestFactory
    Stream<DynamicTest> oneThatResetsHasDoneThat() {
        return each(check -> {
            Verdict verdict = rig.ask(check, ProbeRig.PATIENT, socket -> {
                ProxyRig.pause(20);
                socket.setSoLinger(true, 0);
                socket.close();
            });
            assertEquals(Verdict.failed("connection reset by peer (ECONNRESET)"), verdict);
        });
    }

    @TestFactory
    Stream<DynamicTest> oneThatNeverEndsIsGivenUp() {
        return each(check -> {
            Verdict verdict = rig.ask(check, ProbeRig.PATIENT, socket -> {
                String much = "0123456789".repeat(1000);
                while (true) {
                    say(socket, much);
                }
            });
            assertEquals(Verdict.Kind.FAILED, verdict.kind());
            assertTrue(verdict.reason().length() < 200 && verdict.reason().contains("\"0123"), verdict.reason());
        });
    }

    @TestFactory
    Stream<DynamicTest> oneThatSpeaksAnotherProtocolIsQuoted() {
        Map<String, String> greetings = Map.of(
                "ssh", "SSH-2.0-OpenSSH_9.6\r\n",
                "smtp", "220 mail ESMTP\r\n",
                "http", "HTTP/1.0 400 Bad request\r\n\r\n",
                "redis", "-ERR unknown command\r\n",
                "binary", "\0\1\2\3\u00ff\u00fe\r\n\0\0",
                "mysql", "J\0\0\0\n8.0.36\0aaaa");
        return greetings.entrySet().stream()
                .flatMap(greeting -> TALKING.stream()
                        .map(check -> DynamicTest.dynamicTest(
                                check.getClass().getSimpleName() + " of " + greeting.getKey(), () -> {
                                    Verdict verdict = rig.ask(check, 200, socket -> {
                                        say(socket, greeting.getValue());
                                        TalkingServer.silence(socket);
                                    });
                                    assertEquals(Verdict.Kind.FAILED, verdict.kind());
                                    String reason = verdict.reason();
                                    assertTrue(reason.chars().allMatch(c -> c >= ' ' && c < 0x7f), reason);
                                })));
    }

    @Test
    void whatIsSaidInPartsIsSentInParts() {
        HealthCheck check = new HealthCheck.Expect(Bytes.ofText("x".repeat(1000)), Bytes.ofText("heard"));
        rig.loops.script.rule((call, count, fd) -> call == Call.SEND ? Fault.shortened(300) : null);
        rig.alive("says what is expected", check, socket -> {
            hear(socket, 1000);
            say(socket, "I have heard it");
        });
    }

    @Test
    void interruptedCallsAreMadeAgain() {
        rig.loops.script.rule((call, count, fd) ->
                (call == Call.SEND || call == Call.RECV) && count % 2 == 1 ? Fault.error(Errno.EINTR) : null);
        rig.alive("PONG", new HealthCheck.Redis(), socket -> {
            hear(socket, 14);
            spell(socket, "+PONG\r\n");
        });
    }

    @Test
    void aSelfConnectIsARefusal() {
        // The kernel connects a socket to itself where the port that it picks is the one that is asked for.
        Address own = new Address.V4(0x7f000001, 0);
        int fd = net.socket(Sockets.AF_INET);
        net.bind(fd, own);
        Address name = net.nameOf(fd);
        net.close(fd);
        before = Descriptors.open();
        assertEquals(Verdict.Kind.FAILED, rig.ask(TCP, name, ProbeRig.PATIENT).kind());
    }
}
