package dev.sluice.proxy.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.LeakCheck;
import dev.sluice.proxy.testkit.LoopRig;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.upstream.Endpoint.Count;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Connections that wait for a descriptor or for room in a backlog: what they cost, and who is served when. */
class RetryQueueTest extends RealSockets {
    private static final long MILLI = 1_000_000;

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
    }

    /** A unix listener whose backlog is full. */
    private final class Full {
        final Address name = Net.abstractName();
        final int listener = net.listen(name, 0);
        final Upstream upstream = Caller.upstream(name);
        final Endpoint endpoint = Caller.endpoint(upstream, 0);

        Full() {
            net.fillBacklog(name);
        }

        /** Makes room for one connection. */
        void takeOne() {
            net.close(net.accept(listener));
        }

        Caller call() {
            return RetryQueueTest.this.call(upstream, Caller.PATIENT);
        }

        List<Caller> calls(int count) {
            List<Caller> callers = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                callers.add(call());
            }
            return callers;
        }
    }

    private Caller call(Upstream upstream, ConnectSettings settings) {
        return new Caller(rig, context, upstream, settings).start();
    }

    private static long connected(List<Caller> callers) {
        return callers.stream().filter(Caller::isConnected).count();
    }

    private static void cancel(List<Caller> callers) {
        callers.stream().filter(caller -> !caller.isTold()).forEach(caller -> caller.connector.cancel());
    }

    @Test
    void thousandsThatWaitAskHardlyMoreOftenThanOne() {
        Full full = new Full();
        int count = 2000;
        List<Caller> callers = full.calls(count);
        assertTrue(callers.stream().allMatch(caller -> caller.connector.isWaiting()));
        rig.turnFor(2000);
        long calls = rig.script.count(Call.CONNECT);
        assertTrue(calls < 200, () -> calls + " calls");
        assertEquals(count, rig.get(Counter.CONNECT_WAITS));
        assertEquals(count, full.endpoint.sum(Count.SESSIONS));
        cancel(callers);
        assertEquals(0, full.endpoint.sum(Count.SESSIONS));
        long last = rig.script.count(Call.CONNECT);
        rig.turnFor(400);
        assertEquals(last, rig.script.count(Call.CONNECT), "nobody waits any more");
    }

    /** When connect was called, milliseconds. */
    private List<Long> watchCalls() {
        List<Long> times = new ArrayList<>();
        rig.script.witness((call, fd, result) -> {
            if (call == Call.CONNECT) {
                times.add(System.nanoTime() / MILLI);
            }
        });
        return times;
    }

    /** The shortest time between two calls, of those from that one on: what is late for want of a processor does not matter. */
    private static long shortestGap(List<Long> times, int from) {
        long shortest = Long.MAX_VALUE;
        for (int i = from; i + 1 < times.size(); i++) {
            shortest = Math.min(shortest, times.get(i + 1) - times.get(i));
        }
        return shortest;
    }

    /** The more often there was none, the longer until the next look for room, but never for long. */
    @Test
    void asksLessAndLessOften() {
        Full full = new Full();
        List<Long> times = watchCalls();
        Caller caller = full.call();
        rig.turnFor(2000);
        // At once, after 10, 30, 70, 150 and 310 ms, and then every 160 ms.
        assertTrue(times.size() <= 17, () -> times.size() + " calls");
        long gap = shortestGap(times, 5);
        assertTrue(gap < 300, () -> gap + " ms in " + times);
        caller.connector.cancel();
    }

    /** Where there was room for one there may be room for the next soon. */
    @Test
    void asksSoonAgainAfterOneWasServed() {
        Full full = new Full();
        List<Caller> callers = full.calls(6);
        rig.turnFor(700); // until it asks as seldom as it ever does
        List<Long> gaps = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            full.takeOne();
            List<Long> times = watchCalls();
            int next = i;
            // Served, the one behind it in vain, and that one again.
            rig.until(
                    "three calls", () -> times.size() >= 3 && callers.get(next).isConnected());
            gaps.add(times.getLast() - times.get(times.size() - 2));
        }
        assertTrue(gaps.stream().anyMatch(gap -> gap < 100), gaps::toString);
        callers.getLast().connector.cancel();
        callers.subList(0, 5).forEach(Caller::hangUp);
    }

    @Test
    void theyAreServedInTheOrderInWhichTheyCame() {
        Full full = new Full();
        List<Caller> callers = full.calls(20);
        for (int i = 1; i <= callers.size(); i++) {
            full.takeOne();
            int served = i;
            rig.until("the next one", () -> connected(callers) == served);
            assertTrue(callers.get(i - 1).isConnected(), () -> "not the one whose turn it is, " + served);
        }
        callers.forEach(Caller::hangUp);
    }

    /** Else who has waited for long could wait for ever, while those who come at the right moment are served. */
    @Test
    void whoComesWhileOthersWaitStandsBehindThem() {
        Full full = new Full();
        List<Caller> callers = full.calls(3);
        full.takeOne();
        callers.add(full.call());
        assertTrue(callers.get(3).connector.isWaiting(), "there is room, but not for this one");
        rig.until("the first", () -> connected(callers) == 1);
        assertTrue(callers.getFirst().isConnected());
        cancel(callers);
        callers.getFirst().hangUp();
    }

    @Test
    void whoComesWhileOthersWaitForADescriptorStandsBehindThem() {
        int origin = net.listen(Net.LOOPBACK, 64);
        Upstream upstream = Caller.upstream(net.nameOf(origin));
        rig.script.always(Call.SOCKET, Fault.error(Errno.EMFILE));
        List<Caller> callers = new ArrayList<>(List.of(call(upstream, Caller.PATIENT), call(upstream, Caller.PATIENT)));
        rig.script.clear();
        callers.add(call(upstream, Caller.PATIENT));
        assertTrue(callers.stream().allMatch(caller -> caller.connector.isWaiting()));
        rig.until("all", () -> connected(callers) == 3);
        callers.forEach(Caller::hangUp);
    }

    /** When the last one has been served, connections go straight through again. */
    @Test
    void afterTheLastOneNobodyStandsInLine() {
        Full full = new Full();
        Caller waiting = full.call();
        full.takeOne();
        rig.until("the one that waits", waiting::isConnected);
        assertNull(context.waitingFor(full.name), "an empty line is not kept");
        full.takeOne();
        Caller next = full.call();
        assertTrue(next.isConnected());
        List.of(waiting, next).forEach(Caller::hangUp);
    }

    /** Whoever leaves, from the beginning, the middle or the end: the others keep their places. */
    @Test
    void whoLeavesIsOutAtOnce() {
        Full full = new Full();
        LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
        List<Caller> callers = full.calls(6);
        for (int gone : new int[] {0, 3, 5}) {
            callers.get(gone).connector.cancel();
        }
        assertEquals(3, before.openedSince().size());
        assertEquals(3, full.endpoint.sum(Count.SESSIONS));
        for (int next : new int[] {1, 2, 4}) {
            full.takeOne();
            rig.until("the next one", () -> callers.get(next).isConnected());
            callers.get(next).hangUp();
        }
        assertEquals(Map.of(), before.leftOpen());
        assertEquals(3, connected(callers));
    }

    @Test
    void oneThatThrowsDoesNotStopTheOthers() {
        for (Fault fault : List.of(Fault.outOfMemory(), Fault.bug())) {
            Full full = new Full();
            List<Caller> callers = full.calls(3);
            rig.script.once(Call.CONNECT, 1, fault);
            rig.until("the fault", () -> callers.getFirst().faulted);
            full.takeOne();
            rig.until("the second", () -> callers.get(1).isConnected());
            full.takeOne();
            rig.until("the third", () -> callers.get(2).isConnected());
            callers.subList(1, 3).forEach(Caller::hangUp);
            assertEquals(0, full.endpoint.sum(Count.SESSIONS));
        }
    }

    @Test
    void descriptorsThatBecomeFreeServeThoseThatWait() {
        int count = 300;
        int origin = net.listen(Net.LOOPBACK, 1024);
        Upstream upstream = Caller.upstream(net.nameOf(origin));
        rig.script.always(Call.SOCKET, Fault.error(Errno.EMFILE));
        List<Caller> callers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            callers.add(call(upstream, Caller.PATIENT));
        }
        rig.turnFor(500);
        long calls = rig.script.count(Call.SOCKET);
        assertTrue(calls < 50, () -> calls + " calls");
        assertEquals(0, rig.script.count(Call.CONNECT));
        // Two at a time, as sessions end.
        AtomicLong free = new AtomicLong(2);
        rig.script.rule(
                (call, n, fd) -> call == Call.SOCKET && free.getAndDecrement() <= 0 ? Fault.error(Errno.ENFILE) : null);
        rig.until("two", () -> connected(callers) == 2);
        assertTrue(callers.get(0).isConnected() && callers.get(1).isConnected());
        rig.script.clear();
        rig.until("all", () -> connected(callers) == count);
        callers.forEach(Caller::hangUp);
        assertEquals(0, Caller.endpoint(upstream, 0).sum(Count.SESSIONS));
    }

    /** There may be thousands, and room for all of them. */
    @Test
    void theRestOfTheLoopHasItsTurnInBetween() {
        int count = 300;
        int origin = net.listen(Net.LOOPBACK, 1024);
        Upstream upstream = Caller.upstream(net.nameOf(origin));
        rig.script.always(Call.SOCKET, Fault.error(Errno.EMFILE));
        List<Caller> callers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            callers.add(call(upstream, Caller.PATIENT));
        }
        AtomicLong inTurn = new AtomicLong();
        AtomicLong most = new AtomicLong();
        rig.script.witness((call, fd, result) -> {
            if (call == Call.EPOLL_WAIT) {
                inTurn.set(0);
            } else if (call == Call.SOCKET) {
                most.accumulateAndGet(inTurn.incrementAndGet(), Math::max);
            }
        });
        rig.script.clear();
        rig.until("all", () -> connected(callers) == count);
        assertTrue(most.get() <= 64, () -> most + " in one turn");
        callers.forEach(Caller::hangUp);
    }

    /** A backlog that stays full is its endpoint's fault: others may have room. */
    @Test
    void whoseTimeIsUpTriesTheNext() {
        Full full = new Full();
        int origin = net.listen(Net.LOOPBACK, 8);
        Upstream upstream = Caller.upstream(full.name, net.nameOf(origin));
        ConnectSettings settings = new ConnectSettings(100 * MILLI, 60_000 * MILLI, TcpSettings.DEFAULTS);
        Caller patient = full.call();
        Caller caller = call(upstream, settings);
        rig.until("the connection", caller::isConnected);
        assertSame(Caller.endpoint(upstream, 1), caller.endpoint);
        assertEquals(1, Caller.endpoint(upstream, 0).sum(Count.FAILURES));
        assertTrue(patient.connector.isWaiting());
        full.takeOne();
        rig.until("the other's", patient::isConnected);
        List.of(caller, patient).forEach(Caller::hangUp);
    }

    /** For want of a descriptor no other endpoint would be better, and that is what is told, not that time was up. */
    @Test
    void whoHadNoDescriptorInTimeFailsForThat() {
        int origin = net.listen(Net.LOOPBACK, 8);
        Upstream upstream = Caller.upstream(net.nameOf(origin), net.nameOf(origin));
        rig.script.always(Call.SOCKET, Fault.error(Errno.EMFILE));
        Caller caller = call(upstream, new ConnectSettings(50 * MILLI, 60_000 * MILLI, TcpSettings.DEFAULTS));
        assertTrue(caller.connector.isWaiting());
        assertFalse(caller.isTold());
        rig.until("the end", caller::isTold);
        assertEquals(Errno.EMFILE, caller.errno);
        assertSame(Caller.endpoint(upstream, 0), caller.endpoint);
        assertEquals(0, Caller.endpoint(upstream, 1).sum(Count.FAILURES));
        long calls = rig.script.count(Call.SOCKET);
        rig.turnFor(200);
        assertEquals(calls, rig.script.count(Call.SOCKET), "it asks no more");
    }

    /** From one line into another: a descriptor at last, and then the backlog is full. */
    @Test
    void whoHasWaitedForADescriptorMayWaitForABacklogNext() {
        Full full = new Full();
        rig.script.always(Call.SOCKET, Fault.error(Errno.EMFILE));
        List<Caller> callers = full.calls(2);
        rig.script.clear();
        rig.until("both to stand in the other line", () -> rig.get(Counter.CONNECT_WAITS) == 4);
        for (Caller caller : callers) {
            assertTrue(caller.connector.isWaiting());
            full.takeOne();
            rig.until("room", caller::isConnected);
        }
        callers.forEach(Caller::hangUp);
        assertEquals(0, full.endpoint.sum(Count.SESSIONS));
    }

    /** The listener goes away while they wait: each is refused, and tries whoever is next. */
    @Test
    void whenTheListenerIsGoneTheyAreRefused() {
        Full full = new Full();
        List<Caller> callers = full.calls(100);
        net.close(full.listener);
        rig.until("all to end", () -> callers.stream().allMatch(Caller::isTold));
        assertTrue(callers.stream().allMatch(caller -> caller.errno == Errno.ECONNREFUSED));
        assertEquals(100, full.endpoint.sum(Count.FAILURES));
        assertEquals(0, full.endpoint.sum(Count.SESSIONS));
    }
}
