package dev.sluice.proxy.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.WhenDown;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.LoopRig;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.upstream.Endpoint.Count;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Connections that are held while nobody takes them, and what becomes of them. */
class HoldTest extends RealSockets {
    private static final WhenDown LONG = WhenDown.hold(Duration.ofMinutes(1));

    private final Group group = new Group("test", 1);
    private final UpstreamState state = group.state();
    private LoopRig rig;
    private ConnectContext context;

    @BeforeEach
    void openRig() {
        rig = new LoopRig(1);
        context = new ConnectContext(rig.kernel, rig.loop(), 0, 1 << 16, rig.warnings::add);
    }

    @AfterEach
    void closeRig() {
        rig.close();
        assertEquals(0, state.held(), "nobody counts as held");
    }

    private Upstream upstream(WhenDown whenDown, Address... addresses) {
        List<Upstream.Member> members = Stream.of(addresses)
                .map(address -> new Upstream.Member(List.of(new Endpoint(group, address))))
                .toList();
        Upstream upstream = Caller.upstream(group, members, whenDown);
        state.renew(upstream);
        return upstream;
    }

    private Caller call(Upstream upstream) {
        return new Caller(rig, context, upstream, Caller.PATIENT).start();
    }

    private List<Caller> calls(Upstream upstream, int count) {
        List<Caller> callers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            callers.add(call(upstream));
        }
        return callers;
    }

    private static long connected(List<Caller> callers) {
        return callers.stream().filter(Caller::isConnected).count();
    }

    private void finish(List<Caller> callers, Endpoint endpoint) {
        rig.until("all", () -> connected(callers) == callers.size());
        assertEquals(callers.size(), endpoint.sum(Count.SESSIONS));
        callers.forEach(Caller::hangUp);
        assertEquals(0, endpoint.sum(Count.SESSIONS));
        assertEquals(0, state.held());
    }

    /** Nothing is sent to it, until control says that it is up. */
    @Test
    void whileAllAreDown() {
        Upstream upstream = upstream(LONG, net.nameOf(net.listen(Net.LOOPBACK, 200)));
        Endpoint endpoint = Caller.endpoint(upstream, 0);
        endpoint.state(Endpoint.State.DOWN);
        List<Caller> callers = calls(upstream, 100);
        assertEquals(100, state.held());
        rig.turnFor(300);
        assertEquals(0, rig.script.count(Call.SOCKET));
        endpoint.state(Endpoint.State.UP);
        context.wake(state);
        finish(callers, endpoint);
        assertEquals(0, endpoint.sum(Count.FAILURES));
    }

    /** Without health checks nobody says that it is down: it refuses, and one connection asks for all. */
    @Test
    void whileAllRefuse() {
        for (Address address : List.of(Net.unused(), Net.abstractName())) {
            Upstream upstream = upstream(LONG, address);
            Endpoint endpoint = Caller.endpoint(upstream, 0);
            List<Caller> callers = new ArrayList<>(calls(upstream, 1));
            rig.until("it to be held", () -> state.held() == 1);
            callers.addAll(calls(upstream, 99));
            long before = endpoint.sum(Count.FAILURES);
            rig.turnFor(1000);
            long asked = endpoint.sum(Count.FAILURES) - before;
            assertTrue(asked >= 2 && asked <= 6, () -> asked + " attempts in a second");
            net.listen(address, 200);
            finish(callers, endpoint);
        }
    }

    @Test
    void notLongerThanTheTimeThatThereIs() {
        WhenDown brief = WhenDown.hold(Duration.ofMillis(120));
        endsInTime(upstream(brief, net.refusing()), EndCause.CONNECT_FAILED, Errno.ECONNREFUSED);
        Upstream down = upstream(brief, net.refusing());
        Caller.endpoint(down, 0).state(Endpoint.State.DOWN);
        endsInTime(down, EndCause.DOWN, 0);
    }

    /** Which is for attempts; but a pause lasts no longer than the client has. */
    @Test
    void longerThanThereIsForAllAttempts() {
        ConnectSettings hasty = new ConnectSettings(50_000_000, 50_000_000, TcpSettings.DEFAULTS);
        Address address = Net.unused();
        Upstream upstream = upstream(LONG, address);
        Caller caller = new Caller(rig, context, upstream, hasty).start();
        rig.turnFor(300);
        assertFalse(caller.isTold());
        net.listen(address, 8);
        finish(List.of(caller), Caller.endpoint(upstream, 0));
        state.pause(true);
        Caller second = new Caller(rig, context, upstream(WhenDown.REFUSE, address), hasty).start();
        rig.until("its time", second::isTold);
        assertEquals(EndCause.ADMIN, second.cause, "its endpoint is up: it was somebody who held it");
    }

    private void endsInTime(Upstream upstream, EndCause cause, int errno) {
        long before = rig.loop().now();
        Caller caller = call(upstream);
        rig.turnFor(80);
        assertFalse(caller.isTold());
        rig.until("its time", caller::isTold);
        assertEquals(cause, caller.cause);
        assertEquals(errno, caller.errno);
        assertTrue(caller.toldAt - before >= 119_000_000);
    }

    @Test
    void notMoreThanThereIsRoomFor() {
        Upstream upstream = upstream(new WhenDown(Duration.ofMinutes(1), 2), net.nameOf(net.listen(Net.LOOPBACK, 8)));
        Endpoint endpoint = Caller.endpoint(upstream, 0);
        endpoint.state(Endpoint.State.DOWN);
        List<Caller> callers = calls(upstream, 2);
        Caller third = call(upstream);
        assertTrue(third.hasFailed());
        assertEquals(2, state.held());
        callers.removeFirst().connector.cancel();
        assertEquals(1, state.held());
        callers.add(call(upstream));
        assertEquals(2, state.held());
        endpoint.state(Endpoint.State.UP);
        context.wake(state);
        finish(callers, endpoint);
    }

    /** Whatever the upstream does when it is down. */
    @Test
    void whileItIsPaused() {
        Upstream upstream = upstream(WhenDown.REFUSE, net.nameOf(net.listen(Net.LOOPBACK, 200)));
        state.pause(true);
        List<Caller> callers = calls(upstream, 100);
        context.wake(state);
        rig.turnFor(200);
        assertEquals(0, connected(callers));
        assertEquals(0, rig.script.count(Call.CONNECT));
        state.pause(false);
        context.wake(state);
        finish(callers, Caller.endpoint(upstream, 0));
    }

    /** What is held goes by what is configured when it is tried again. */
    @Test
    void byTheNewestConfiguration() {
        Upstream before = upstream(LONG, net.refusing());
        List<Caller> callers = calls(before, 10);
        rig.until("all to be held", () -> state.held() == 10);
        Upstream after = upstream(WhenDown.REFUSE, net.nameOf(net.listen(Net.LOOPBACK, 20)));
        context.wake(state);
        finish(callers, Caller.endpoint(after, 0));
        assertEquals(0, Caller.endpoint(before, 0).sum(Count.SESSIONS));
    }

    /** First come, first served. */
    @Test
    void whoComesLaterWaitsBehind() {
        Upstream upstream = upstream(LONG, net.nameOf(net.listen(Net.LOOPBACK, 8)));
        Endpoint endpoint = Caller.endpoint(upstream, 0);
        endpoint.state(Endpoint.State.DOWN);
        Caller first = call(upstream);
        endpoint.state(Endpoint.State.UP);
        Caller second = call(upstream);
        assertFalse(second.isTold());
        assertEquals(0, rig.script.count(Call.CONNECT));
        context.wake(state);
        rig.until("the first", first::isConnected);
        finish(List.of(first, second), endpoint);
    }

    /** It has ended and waits for an answer a moment longer, but for nothing else. */
    @Test
    void whoHasEndedIsNotHeld() {
        Upstream upstream = upstream(LONG, net.deaf());
        Caller caller = call(upstream);
        caller.connector.hurry(rig.loop().now() + 100_000_000);
        rig.turnFor(20);
        context.wake(state);
        caller.connector.avoid(Caller.endpoint(upstream, 0));
        assertTrue(caller.isTold());
        assertEquals(0, state.held());
    }

    /** One refuses, the other is full: nothing tells that there is room, and nobody asks in a hurry. */
    @Test
    void whereOneRefusesAndOneIsFull() {
        Upstream upstream = upstream(WhenDown.REFUSE, net.refusing(), net.nameOf(net.listen(Net.LOOPBACK, 8)));
        Endpoint refusing = Caller.endpoint(upstream, 0);
        Endpoint full = Caller.endpoint(upstream, 1);
        full.maxSessions(1);
        group.onRoom(() -> rig.loop().post(() -> context.wake(state)));
        Caller first = call(upstream);
        rig.until("the place to be taken", first::isConnected);
        Caller second = call(upstream);
        rig.until("it to be held", () -> state.held() == 1);
        long before = refusing.sum(Count.FAILURES);
        rig.turnFor(1000);
        long asked = refusing.sum(Count.FAILURES) - before;
        assertTrue(asked <= 8, () -> asked + " attempts in a second");
        first.leave();
        rig.until("the place", second::isConnected);
        second.leave();
    }

    /** Of room there was none in time, whatever else has failed; and who came behind was waiting for the same. */
    @Test
    void aLimitIsWhatIsToldOfThoseThatAreFull() {
        ConnectSettings hasty = new ConnectSettings(100_000_000, 100_000_000, TcpSettings.DEFAULTS);
        Upstream upstream = upstream(WhenDown.REFUSE, net.refusing(), net.nameOf(net.listen(Net.LOOPBACK, 8)));
        Endpoint full = Caller.endpoint(upstream, 1);
        full.maxSessions(1);
        Caller first = call(upstream);
        rig.until("the place to be taken", first::isConnected);
        List<Caller> others = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            others.add(new Caller(rig, context, upstream, hasty).start());
        }
        rig.until("their time", () -> others.stream().allMatch(Caller::isTold));
        for (Caller other : others) {
            assertEquals(EndCause.LIMIT, other.cause);
            assertEquals(0, other.errno);
        }
        first.leave();
    }

    /** The one that asks for all is at a server that went down; who is up now does not wait for the end of that. */
    @Test
    void whoComesUpIsTriedThoughAnAttemptHangs() {
        Upstream upstream = upstream(LONG, net.deaf(), net.nameOf(net.listen(Net.LOOPBACK, 8)));
        Endpoint deaf = Caller.endpoint(upstream, 0);
        Endpoint good = Caller.endpoint(upstream, 1);
        deaf.state(Endpoint.State.DOWN);
        good.state(Endpoint.State.DOWN);
        List<Caller> callers = calls(upstream, 3);
        deaf.state(Endpoint.State.UP);
        context.wake(state);
        assertEquals(1, deaf.sum(Count.SESSIONS));
        deaf.state(Endpoint.State.DOWN);
        good.state(Endpoint.State.UP);
        context.wake(state);
        rig.until("the others", () -> connected(callers) == 2);
        callers.stream().filter(Caller::isConnected).forEach(Caller::hangUp);
        callers.getFirst().connector.cancel();
    }

    /** The one that asks for all leaves while it does: another one asks. */
    @Test
    void whoAsksForAllMayLeave() {
        Address silent = net.deaf();
        Upstream upstream = upstream(LONG, silent);
        Endpoint endpoint = Caller.endpoint(upstream, 0);
        endpoint.state(Endpoint.State.DOWN);
        List<Caller> callers = calls(upstream, 2);
        endpoint.state(Endpoint.State.UP);
        context.wake(state);
        assertEquals(1, endpoint.sum(Count.SESSIONS), "it connects");
        callers.getFirst().connector.cancel();
        assertEquals(0, endpoint.sum(Count.SESSIONS));
        rig.until("the next", () -> endpoint.sum(Count.SESSIONS) == 1);
        callers.getLast().connector.cancel();
        assertEquals(0, state.held());
    }
}
