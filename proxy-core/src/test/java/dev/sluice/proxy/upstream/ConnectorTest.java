package dev.sluice.proxy.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.Timeouts;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.Refusal;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.LeakCheck;
import dev.sluice.proxy.testkit.LoopRig;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.upstream.Endpoint.Count;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One connection to an upstream: every way that it can go, and what is counted and left open after each. */
class ConnectorTest extends RealSockets {
    private static final long MILLI = 1_000_000;

    private LoopRig rig;
    private ConnectContext context;

    @BeforeEach
    void openRig() {
        rig = new LoopRig(1);
        // Every port is looked at for a connection to itself.
        context = new ConnectContext(rig.kernel, rig.loop(), 0, 1, rig.warnings::add);
    }

    @AfterEach
    void closeRig() {
        rig.close();
    }

    private Caller call(Upstream upstream, ConnectSettings settings) {
        return new Caller(rig, context, upstream, settings).start();
    }

    private static ConnectSettings within(long attemptMillis, long allMillis) {
        return new ConnectSettings(attemptMillis * MILLI, allMillis * MILLI, TcpSettings.DEFAULTS);
    }

    private static void assertCounts(long sessions, long connected, long failures, Endpoint endpoint) {
        assertEquals(
                "sessions " + sessions + " connected " + connected + " failures " + failures,
                "sessions " + endpoint.sum(Count.SESSIONS) + " connected " + endpoint.sum(Count.CONNECTED)
                        + " failures " + endpoint.sum(Count.FAILURES),
                endpoint::toString);
    }

    @Test
    void theTimesAreThoseOfTheListenerAndTheOptionsThoseOfTheUpstream() {
        Timeouts timeouts =
                Timeouts.DEFAULTS.withConnect(Duration.ofMillis(1)).withConnectDeadline(Duration.ofSeconds(2));
        TcpSettings tcp = TcpSettings.DEFAULTS.withUserTimeout(Duration.ofSeconds(3));
        assertEquals(new ConnectSettings(MILLI, 2000 * MILLI, tcp), ConnectSettings.of(timeouts, tcp, List.of()));
    }

    @Test
    void aConnectionIsASessionOfItsEndpointUntilItIsGivenBack() {
        int origin = net.listen(Net.LOOPBACK, 8);
        Upstream upstream = Caller.upstream(net.nameOf(origin));
        Endpoint endpoint = Caller.endpoint(upstream, 0);
        Caller caller = call(upstream, Caller.PATIENT);
        assertCounts(1, 0, 0, endpoint);
        rig.until("the connection", caller::isConnected);
        assertSame(endpoint, caller.endpoint);
        assertCounts(1, 1, 0, endpoint);
        caller.hangUp();
        assertCounts(0, 1, 0, endpoint);
    }

    /** A unix socket is connected at once, before start returns. */
    @Test
    void aUnixConnectionIsTheSame() {
        Address name = Net.abstractName();
        net.listen(name, 8);
        Upstream upstream = Caller.upstream(name);
        Caller caller = call(upstream, Caller.PATIENT);
        assertTrue(caller.isConnected());
        assertCounts(1, 1, 0, Caller.endpoint(upstream, 0));
        caller.hangUp();
        assertCounts(0, 1, 0, Caller.endpoint(upstream, 0));
    }

    @Test
    void thePortIsTheOneThatOthersMean() {
        int origin = net.listen(Net.LOOPBACK, 8);
        Address address = net.nameOf(origin);
        Caller caller = call(Caller.upstream(address), Caller.PATIENT);
        rig.until("the connection", caller::isConnected);
        assertTrue(Net.tcpTable().stream().anyMatch(line -> line.endsWith(" " + Net.inTable(address))));
        caller.hangUp();
    }

    @Test
    void whoRefusesIsCountedAndNothingIsLeft() {
        LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
        Upstream upstream = Caller.upstream(net.refusing(), net.refusing());
        Caller caller = call(upstream, Caller.PATIENT);
        rig.until("the end", caller::isTold);
        assertEquals(Errno.ECONNREFUSED, caller.errno);
        assertSame(Caller.endpoint(upstream, 1), caller.endpoint, "the last one tried");
        assertCounts(0, 0, 1, Caller.endpoint(upstream, 0));
        assertCounts(0, 0, 1, Caller.endpoint(upstream, 1));
        assertEquals(2, rig.get(Counter.CONNECT_FAILURES));
        assertEquals(Map.of(), before.leftOpen());
    }

    @Test
    void withNobodyToTryItFailsAtOnce() {
        Upstream upstream = Caller.upstream(net.refusing(), net.refusing());
        Caller.endpoint(upstream, 0).state(Endpoint.State.DOWN);
        Caller.endpoint(upstream, 1).state(Endpoint.State.DRAIN);
        Caller caller = call(upstream, Caller.PATIENT);
        assertEquals(EndCause.REFUSED, caller.cause);
        assertEquals(Refusal.DOWN, caller.connector.refusal());
        assertEquals(0, caller.connector.tries());
        assertEquals(0, caller.errno);
        assertNull(caller.endpoint);
        assertEquals(0, rig.script.count(Call.SOCKET));
        assertCounts(0, 0, 0, Caller.endpoint(upstream, 0));
    }

    @Test
    void everyAttemptHasTheWholeTimeOfAnAttempt() {
        Address deaf = net.deaf();
        Upstream upstream = Caller.upstream(deaf, deaf, deaf);
        long begun = rig.loop().now();
        Caller caller = call(upstream, within(100, 60_000));
        rig.until("the end", caller::isTold);
        assertEquals(Errno.ETIMEDOUT, caller.errno);
        assertTrue(caller.toldAt - begun >= 300 * MILLI, () -> (caller.toldAt - begun) + " ns for three attempts");
        for (int i = 0; i < 3; i++) {
            assertCounts(0, 0, 1, Caller.endpoint(upstream, i));
        }
    }

    /** One in the middle of the time of an attempt, and with it all that were still to come. */
    @Test
    void theDeadlineOfAllAttemptsEndsThem() {
        Address deaf = net.deaf();
        Upstream upstream = Caller.upstream(deaf, deaf, deaf, deaf, deaf, deaf);
        long begun = rig.loop().now();
        Caller caller = call(upstream, within(100, 250));
        rig.until("the end", caller::isTold);
        assertEquals(Errno.ETIMEDOUT, caller.errno);
        assertTrue(caller.toldAt - begun >= 250 * MILLI, "too early");
        long tried = rig.get(Counter.CONNECT_FAILURES);
        assertTrue(tried <= 3, () -> tried + " attempts of 100 ms in 250 ms");
        long of = upstream.endpoints()
                .mapToLong(endpoint -> endpoint.sum(Count.FAILURES))
                .sum();
        assertEquals(tried, of, "and no other was begun");
        assertCounts(0, 0, 1, Objects.requireNonNull(caller.endpoint));
    }

    @Test
    void whoIsHurriedEndsEarlier() {
        Upstream upstream = Caller.upstream(net.deaf(), net.refusing());
        Caller caller = call(upstream, Caller.PATIENT);
        caller.connector.hurry(rig.loop().now() + 60_000 * MILLI); // no later than it would have been
        caller.connector.hurry(rig.loop().now() + 50 * MILLI);
        caller.connector.hurry(rig.loop().now() + 10_000 * MILLI);
        long until = rig.loop().now() + 50 * MILLI;
        rig.until("the end", caller::isTold);
        assertTrue(caller.toldAt - until >= 0, "too early");
        assertEquals(Errno.ECANCELED, caller.errno);
        assertCounts(0, 0, 0, Caller.endpoint(upstream, 0)); // it may have answered in time
        assertCounts(0, 0, 0, Caller.endpoint(upstream, 1));
    }

    @Test
    void whoIsHurriedIsConnectedIfThereIsAnAnswerInTime() {
        int origin = net.listen(Net.LOOPBACK, 8);
        Upstream upstream = Caller.upstream(net.nameOf(origin));
        Caller caller = call(upstream, Caller.PATIENT);
        caller.connector.hurry(rig.loop().now() + 30_000 * MILLI);
        rig.until("the connection", caller::isConnected);
        caller.connector.hurry(rig.loop().now()); // too late to matter
        rig.turnFor(10);
        caller.hangUp();
    }

    /** All attempts together have less time, and each of them has no more than before. */
    @Test
    void anAttemptOfOneThatIsHurriedEndsWhenItWouldHave() {
        int origin = net.listen(Net.LOOPBACK, 8);
        Upstream upstream = Caller.upstream(net.deaf(), net.nameOf(origin));
        Caller caller = call(upstream, within(100, 60_000));
        caller.connector.hurry(rig.loop().now() + 30_000 * MILLI);
        rig.until("the next endpoint", caller::isConnected);
        assertCounts(0, 0, 1, Caller.endpoint(upstream, 0));
        caller.hangUp();
    }

    /** It was connected to, even if nothing can be sent to it any more: what it said, nothing and then the end, is the client's. */
    @Test
    void whoEndsAndThenResetsWasConnectedTo() {
        int origin = net.listen(Net.LOOPBACK, 8);
        rig.script.once(Call.CONNECT, 1, Fault.followed(() -> {
            int fd = net.accept(origin);
            net.kernel.shutdown(fd, Sockets.SHUT_WR);
            net.reset(fd);
        }));
        Caller caller = call(Caller.upstream(net.nameOf(origin)), Caller.PATIENT);
        rig.until("the outcome", caller::isTold);
        assertTrue(caller.isConnected(), () -> Errno.name(caller.errno));
        caller.hangUp();
    }

    @Test
    void whoIsCancelledHearsNothingAndLeavesNothing() {
        Address deaf = net.deaf();
        LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
        Upstream upstream = Caller.upstream(deaf, deaf);
        Caller caller = call(upstream, within(50, 60_000));
        assertFalse(caller.connector.isWaiting());
        caller.connector.cancel();
        caller.connector.cancel();
        assertEquals(Map.of(), before.leftOpen());
        rig.turnFor(150);
        assertFalse(caller.isTold());
        assertCounts(0, 0, 0, Caller.endpoint(upstream, 0));
        assertCounts(0, 0, 0, Caller.endpoint(upstream, 1));
    }

    /** What it was told of is no longer its own to end. */
    @Test
    void cancellingAfterTheOutcomeChangesNothing() {
        int origin = net.listen(Net.LOOPBACK, 8);
        Upstream upstream = Caller.upstream(net.nameOf(origin));
        Caller caller = call(upstream, within(50, 60_000));
        rig.until("the connection", caller::isConnected);
        caller.connector.cancel();
        rig.turnFor(120); // and neither does the time that it had
        assertCounts(1, 1, 0, Caller.endpoint(upstream, 0));
        assertEquals(0, rig.kernel.bytesReadable(caller.fd), "still open");
        caller.hangUp();
    }

    /** The next endpoint is tried when the kernel has no port for this one. */
    @Test
    void withoutALocalPortTheNextIsTriedAndOneWarningSaysWhatHelps() {
        int origin = net.listen(Net.LOOPBACK, 64);
        Address without = net.refusing();
        rig.script.rule(
                (call, count, fd) -> call == Call.CONNECT && count % 2 == 1 ? Fault.error(Errno.EADDRNOTAVAIL) : null);
        for (int i = 1; i <= 3; i++) {
            Upstream upstream = Caller.upstream(without, net.nameOf(origin));
            Caller caller = call(upstream, Caller.PATIENT);
            rig.until("the connection", caller::isConnected);
            assertSame(Caller.endpoint(upstream, 1), caller.endpoint);
            assertCounts(0, 0, 0, Caller.endpoint(upstream, 0)); // it is not to blame
            assertEquals(i, rig.get(Counter.PORTS_EXHAUSTED));
            caller.hangUp();
        }
        assertEquals(1, rig.warnings.size(), rig.warnings::toString);
        String warning = rig.warnings.getFirst();
        assertTrue(warning.contains(without.toString()), warning);
        assertTrue(warning.contains("EADDRNOTAVAIL") && warning.contains("ip_local_port_range"), warning);
    }

    private static ConnectSettings from(String... sources) {
        return new ConnectSettings(
                Caller.PATIENT.attemptNanos(),
                Caller.PATIENT.allNanos(),
                TcpSettings.DEFAULTS,
                Sources.of(List.of(sources)));
    }

    /** Of these, those that the endpoint can be reached from. */
    @Test
    void eachSourceInTurn() {
        int origin = net.listen(Net.LOOPBACK, 64);
        Upstream upstream = Caller.upstream(net.nameOf(origin));
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            Caller caller = call(upstream, from("127.0.0.2", "::1", "127.0.0.3"));
            rig.until("the connection", caller::isConnected);
            Address name = net.nameOf(caller.fd);
            seen.add(name.toString().replaceFirst(":.*", ""));
            assertTrue(name.port() > 0);
            caller.hangUp();
        }
        assertEquals(3, Collections.frequency(seen, "127.0.0.2"), seen::toString);
        assertEquals(3, Collections.frequency(seen, "127.0.0.3"), seen::toString);
    }

    /** All ports of one are in use: the other one's are not. */
    @Test
    void aSourceWithoutPortsIsPassedOver() {
        int origin = net.listen(Net.LOOPBACK, 64);
        Upstream upstream = Caller.upstream(net.nameOf(origin));
        LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
        rig.script.once(Call.CONNECT, 1, Fault.error(Errno.EADDRNOTAVAIL));
        Caller caller = call(upstream, from("127.0.0.2", "127.0.0.3"));
        rig.until("the connection", caller::isConnected);
        caller.hangUp();
        assertCounts(0, 1, 0, Caller.endpoint(upstream, 0));
        rig.script.always(Call.CONNECT, Fault.error(Errno.EADDRNOTAVAIL));
        caller = call(upstream, from("127.0.0.2", "127.0.0.3"));
        assertEquals(Errno.EADDRNOTAVAIL, caller.errno);
        assertEquals(3, rig.get(Counter.PORTS_EXHAUSTED));
        assertEquals(Map.of(), before.leftOpen());
    }

    /** 192.0.2.0/24 is for documentation (RFC 5737). */
    @Test
    void aSourceThatTheMachineHasNot() {
        Upstream upstream = Caller.upstream(net.nameOf(net.listen(Net.LOOPBACK, 8)));
        LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
        for (int i = 0; i < 3; i++) {
            Caller caller = call(upstream, from("192.0.2.1"));
            assertEquals(Errno.EADDRNOTAVAIL, caller.errno);
        }
        assertEquals(1, rig.warnings.size(), rig.warnings::toString);
        assertTrue(rig.warnings.getFirst().startsWith("cannot connect from 192.0.2.1: "), rig.warnings::toString);
        assertEquals(Map.of(), before.leftOpen());
    }

    /** The kernel knows the other end when it chooses the port, and so gives the same one to two connections with different ends. */
    @Test
    void portsOfASourceAreForEachEndpoint() {
        int origin = net.listen(Net.LOOPBACK, 64);
        Caller caller = call(Caller.upstream(net.nameOf(origin)), from("127.0.0.2"));
        rig.until("the connection", caller::isConnected);
        assertEquals(1, net.kernel.getsockopt(caller.fd, Sockets.IPPROTO_IP, Sockets.IP_BIND_ADDRESS_NO_PORT));
        caller.hangUp();
    }

    /** A unix address that is not there says the same in other words, and ports have nothing to do with it. */
    @Test
    void aUnixSocketHasNoPortsToRunOutOf() {
        rig.script.always(Call.CONNECT, Fault.error(Errno.EADDRNOTAVAIL));
        Caller caller = call(Caller.upstream(Net.abstractName()), Caller.PATIENT);
        assertEquals(Errno.EADDRNOTAVAIL, caller.errno);
        assertEquals(0, rig.get(Counter.PORTS_EXHAUSTED));
    }

    @ParameterizedTest
    @EnumSource(
            value = Call.class,
            names = {"SOCKET", "SETSOCKOPT", "BIND", "CONNECT", "EPOLL_CTL", "GETSOCKNAME"})
    void noMemoryAtAnyCallLosesNothing(Call call) {
        int origin = net.listen(Net.LOOPBACK, 8);
        Upstream upstream = Caller.upstream(net.nameOf(origin));
        LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
        rig.script.once(call, 1, Fault.outOfMemory());
        Caller caller = call(upstream, from("127.0.0.2"));
        rig.until("the fault", () -> caller.faulted);
        assertFalse(caller.isTold());
        assertEquals(1, rig.script.faults());
        assertCounts(0, 0, 0, Caller.endpoint(upstream, 0));
        assertEquals(Map.of(), before.leftOpen());
        rig.script.clear();
        Caller next = call(upstream, from("127.0.0.2"));
        rig.until("the connection", next::isConnected);
        next.hangUp();
    }

    /** The first attempt fails, and while the second is made there is no memory. */
    @ParameterizedTest
    @EnumSource(
            value = Call.class,
            names = {"SOCKET", "CONNECT", "EPOLL_CTL"})
    void norAtTheNextAttempt(Call call) {
        Upstream upstream = Caller.upstream(net.refusing(), net.refusing());
        LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
        Caller caller = call(upstream, Caller.PATIENT);
        rig.script.once(call, 1, Fault.outOfMemory());
        rig.until("the fault", () -> caller.faulted);
        assertCounts(0, 0, 1, Caller.endpoint(upstream, 0));
        assertCounts(0, 0, 0, Caller.endpoint(upstream, 1));
        assertEquals(Map.of(), before.leftOpen());
    }

    /** Nobody gives up what he keeps for later, as long as there is enough. */
    @Test
    void aShortageIsToldWhenThereIsOne() {
        int origin = net.listen(Net.LOOPBACK, 8);
        int[] told = {0};
        context.onShortage(() -> told[0]++);
        Caller caller = call(Caller.upstream(net.nameOf(origin)), Caller.PATIENT);
        rig.until("the connection", caller::isConnected);
        assertEquals(0, told[0]);
        caller.hangUp();
        rig.script.once(Call.SOCKET, 1, Fault.error(Errno.EMFILE));
        caller = call(Caller.upstream(net.nameOf(origin)), Caller.PATIENT);
        assertEquals(1, told[0]);
        rig.until("the connection", caller::isConnected);
        caller.hangUp();
    }

    @Test
    void whoGoesDownMeanwhileIsLeft() {
        int origin = net.listen(Net.LOOPBACK, 8);
        Upstream upstream = Caller.upstream(net.deaf(), net.nameOf(origin));
        Endpoint deaf = Caller.endpoint(upstream, 0);
        Caller caller = call(upstream, Caller.PATIENT);
        caller.connector.avoid(Caller.endpoint(upstream, 1)); // where it is not
        assertCounts(1, 0, 0, deaf);
        deaf.state(Endpoint.State.DOWN);
        caller.connector.avoid(deaf);
        rig.until("the other", caller::isConnected);
        assertSame(Caller.endpoint(upstream, 1), caller.endpoint);
        caller.hangUp();
        deaf.state(Endpoint.State.UP);
        Caller.endpoint(upstream, 1).state(Endpoint.State.DOWN);
        caller = call(upstream, Caller.PATIENT);
        deaf.state(Endpoint.State.DOWN);
        caller.connector.avoid(deaf);
        assertEquals(EndCause.DOWN, caller.cause);
        assertEquals(Errno.EHOSTDOWN, caller.errno);
        assertNull(caller.connector.refusal(), "it was tried");
        assertCounts(0, 0, 2, deaf);
    }
}
