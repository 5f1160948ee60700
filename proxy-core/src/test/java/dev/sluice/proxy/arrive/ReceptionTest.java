package dev.sluice.proxy.arrive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.LeakCheck;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Stream;
import dev.sluice.proxy.upstream.Endpoint.Count;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Connections on their way to a loop, and what is claimed and counted for them. */
class ReceptionTest extends RealSockets {
    private int origin;
    private Address address = Net.LOOPBACK;

    private void listen() {
        origin = net.listen(Net.LOOPBACK, 1024);
        address = net.nameOf(origin);
    }

    private static EventLoop loop(ReceptionRig rig, int index) {
        return rig.loops.loops.get(index);
    }

    /** Ends a session in order. */
    private static void end(ReceptionRig rig, Conn client, Conn server) {
        var _ = endOf(rig, client, server);
    }

    private static SessionEnd endOf(ReceptionRig rig, Conn client, Conn server) {
        client.close();
        server.close();
        return rig.awaitEnd();
    }

    private Conn server(ReceptionRig rig) {
        int[] fd = new int[1];
        rig.loops.until("a connection", () -> (fd[0] = net.tryAccept(origin)) >= 0);
        return new Conn(net, fd[0], Stream.fresh(), Stream.fresh());
    }

    @Test
    void whatASessionHasIsGivenBackAtItsEnd() {
        listen();
        try (ReceptionRig rig = new ReceptionRig(net).route(ReceptionRig.PATIENT, address)) {
            for (int i = 1; i <= 3; i++) {
                Conn client = rig.client();
                Conn server = server(rig);
                rig.loops.until("the session", () -> rig.endpoint(0).sum(Count.CONNECTED) > 0);
                assertEquals(1, rig.balancer.total());
                assertEquals(998, rig.budget.available());
                assertEquals(1, rig.endpoint(0).sum(Count.SESSIONS));
                end(rig, client, server);
                rig.assertIdle();
                assertEquals(i, rig.endpoint(0).sum(Count.CONNECTED));
            }
        }
    }

    /** A slot is memory, and a place that the loop looks at when it stops. With little time for an attempt, the rest before the next is short. */
    @Test
    void whoHasEndedHasNoSlot() {
        try (ReceptionRig rig = new ReceptionRig(net).route(20_000_000, net.refusing())) {
            int before = nextSlot(loop(rig, 0));
            for (int i = 0; i < 5; i++) {
                Conn client = rig.client();
                rig.awaitEnd();
                client.close();
            }
            assertEquals(before, nextSlot(loop(rig, 0)));
        }
    }

    private static int nextSlot(EventLoop loop) {
        int slot = loop.attach((tag, events) -> {});
        loop.detach(slot);
        return slot;
    }

    /** Clients for whom there are no descriptors wait in the backlog until sessions end, and nobody spins meanwhile. */
    @Test
    void acceptingPausesWhenTheBudgetIsUsedUpAndGoesOn() {
        listen();
        try (ReceptionRig rig = new ReceptionRig(net, 1, Net.LOOPBACK, 5).route(ReceptionRig.PATIENT, address)) {
            List<Conn> clients = List.of(rig.client(), rig.client(), rig.client(), rig.client());
            List<Conn> servers = List.of(server(rig), server(rig));
            rig.loops.until("a pause", () -> rig.loops.get(Counter.ACCEPT_PAUSES) > 0);
            rig.loops.turnFor(300);
            assertEquals(2, rig.loops.get(Counter.ACCEPTED));
            assertEquals(1, rig.budget.available());
            assertTrue(rig.loops.script.count(Call.ACCEPT) < 8, rig.loops.script::toString);
            assertTrue(
                    rig.loops.get(Counter.ACCEPT_PAUSES) <= 5, () -> rig.loops.get(Counter.ACCEPT_PAUSES) + " pauses");
            assertEquals(1, rig.loops.warnings.size(), rig.loops.warnings::toString);
            String warning = rig.loops.warnings.getFirst();
            assertTrue(warning.contains("EMFILE") && warning.contains("ulimit -n"), warning);
            for (int i = 0; i < 2; i++) {
                end(rig, clients.get(i), servers.get(i));
            }
            servers = List.of(server(rig), server(rig));
            for (int i = 0; i < 2; i++) {
                end(rig, clients.get(2 + i), servers.get(i));
            }
            assertEquals(4, rig.loops.get(Counter.ACCEPTED));
        }
    }

    /** The other loop goes by a new configuration already, in which this listener leads elsewhere. */
    @Test
    void whoIsHandedToAnotherLoopKeepsTheRouteOfTheLoopThatAccepted() {
        listen();
        int later = net.listen(Net.LOOPBACK, 8);
        try (ReceptionRig rig = new ReceptionRig(net, 2, Net.LOOPBACK, 1000).route(ReceptionRig.PATIENT, address)) {
            Routes next = rig.routes(ReceptionRig.PATIENT, net.nameOf(later));
            rig.receptions.get(1).swap(next);
            rig.balancer.load(0).addAndGet(2); // so that the other loop has fewer
            Conn client = rig.client();
            acceptOn(rig, 0);
            ProxyRig.pause(50);
            rig.loops.until("the session", () -> rig.endpoint(0).sum(Count.CONNECTED) == 1);
            assertEquals(1, loop(rig, 1).stats().get(Counter.ACTIVE));
            assertEquals(0, loop(rig, 0).stats().get(Counter.ACTIVE));
            Conn server = new Conn(net, net.accept(origin), Stream.fresh(), Stream.fresh());
            long micros = endOf(rig, client, server).session().connectMicros();
            assertTrue(micros >= 50_000, "from when it was accepted, not from when it arrived here");
            // And who is accepted there goes by what is new, whatever loop it lives on.
            rig.balancer.load(1).addAndGet(4);
            client = rig.client();
            acceptOn(rig, 1);
            rig.loops.until("the session", () -> rig.endpoint(1).sum(Count.CONNECTED) == 1);
            assertEquals(1, loop(rig, 0).stats().get(Counter.ACTIVE));
            server = new Conn(net, net.accept(later), Stream.fresh(), Stream.fresh());
            end(rig, client, server);
            rig.balancer.load(0).addAndGet(-2);
            rig.balancer.load(1).addAndGet(-4);
        }
    }

    private static void acceptOn(ReceptionRig rig, int index) {
        long before = rig.loops.script.count(Call.ACCEPT);
        while (rig.loops.script.count(Call.ACCEPT) == before) {
            rig.loops.turn(loop(rig, index));
        }
    }

    /** A listener that is not in the new routes: who had connected is taken, by the old route, and nobody after. */
    @Test
    void aListenerThatGoesTakesWhoHasConnectedFirst() {
        listen();
        try (ReceptionRig rig = new ReceptionRig(net).route(ReceptionRig.PATIENT, address)) {
            int count = 200; // more than one batch
            List<Conn> clients = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                clients.add(rig.client());
            }
            rig.receptions.getFirst().swap(Routes.NONE);
            assertEquals(count, rig.loops.get(Counter.ACCEPTED));
            rig.client();
            rig.loops.turnFor(50);
            assertEquals(count, rig.loops.get(Counter.ACCEPTED));
            for (int i = 0; i < count; i++) {
                server(rig).close();
            }
            clients.forEach(Conn::close);
            rig.loops.until("all to end", () -> rig.loops.ends.size() == count);
            rig.receptions.getFirst().swap(Routes.NONE); // it is gone already
        }
    }

    @Test
    void aListenerThatStaysGoesOnWithItsNewRoute() {
        listen();
        int later = net.listen(Net.LOOPBACK, 8);
        try (ReceptionRig rig = new ReceptionRig(net).route(ReceptionRig.PATIENT, address)) {
            Conn first = rig.client();
            Conn firstServer = server(rig);
            rig.loops.until("the session", () -> rig.endpoint(0).sum(Count.CONNECTED) == 1);
            long watches = rig.loops.script.count(Call.EPOLL_CTL);
            rig.receptions.getFirst().swap(rig.routes(ReceptionRig.PATIENT, net.nameOf(later)));
            assertEquals(watches, rig.loops.script.count(Call.EPOLL_CTL), "it is watched without a pause");
            Conn second = rig.client();
            rig.loops.until("the session", () -> rig.endpoint(1).sum(Count.CONNECTED) == 1);
            Conn secondServer = new Conn(net, net.accept(later), Stream.fresh(), Stream.fresh());
            end(rig, first, firstServer);
            assertEquals(0, rig.endpoint(0).sum(Count.SESSIONS));
            assertEquals(1, rig.endpoint(1).sum(Count.SESSIONS));
            end(rig, second, secondServer);
        }
    }

    /** At each of the calls that are made for a connection before it is a session. */
    @ParameterizedTest
    @CsvSource({"ACCEPT, 1", "EPOLL_CTL, 1", "SOCKET, 1", "CONNECT, 1", "EPOLL_CTL, 2", "GETSOCKNAME, 1"})
    void aThrowAtAnyCallLosesNothing(Call call, int k) {
        listen();
        for (Fault fault : List.of(Fault.outOfMemory(), Fault.bug())) {
            try (ReceptionRig rig = new ReceptionRig(net).route(ReceptionRig.PATIENT, address)) {
                LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
                rig.loops.script.once(call, k, fault);
                Conn client = rig.client();
                if (call == Call.ACCEPT) {
                    rig.loops.until("the fault", () -> rig.loops.script.faults() == 1);
                    rig.assertIdle();
                    client.close(); // and it is taken when the listener goes on
                    server(rig).close();
                    rig.awaitEnd();
                } else {
                    assertEquals(Errno.EIO, rig.awaitEnd().errno());
                    client.readRest();
                    assertEquals(Errno.ECONNRESET, client.broke);
                    client.close();
                    int attempted = net.tryAccept(origin); // whatever came of it
                    if (attempted >= 0) {
                        net.close(attempted);
                    }
                    assertEquals(Map.of(), before.leftOpen());
                }
                rig.assertIdle();
                client = rig.client();
                Conn server = server(rig);
                end(rig, client, server);
            }
        }
    }

    /** When it ends: its close is made, whatever else fails, and it is counted out. */
    @ParameterizedTest
    @EnumSource(
            value = Call.class,
            names = {"SET_LINGER", "CLOSE"})
    void norWhenItEnds(Call call) {
        try (ReceptionRig rig = new ReceptionRig(net).route(ReceptionRig.PATIENT, net.refusing())) {
            LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
            // The first is that of the upstream's socket, which has refused.
            rig.loops.script.once(
                    call, 2, call == Call.CLOSE ? Fault.followed(ReceptionTest::fail) : Fault.outOfMemory());
            Conn client = rig.client();
            rig.awaitEnd();
            rig.assertIdle();
            client.close();
            assertEquals(Map.of(), before.leftOpen());
        }
    }

    private static void fail() {
        throw new OutOfMemoryError("scripted");
    }

    /** The letter that hands a connection over cannot be sent. */
    @Test
    void norWhenItIsHandedOver() {
        listen();
        try (ReceptionRig rig = new ReceptionRig(net, 2, Net.LOOPBACK, 1000).route(ReceptionRig.PATIENT, address)) {
            LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
            rig.balancer.load(0).addAndGet(4);
            rig.loops.script.once(Call.WRITE, 1, Fault.outOfMemory());
            Conn client = rig.client();
            acceptOn(rig, 0);
            rig.loops.turnFor(20);
            rig.balancer.load(0).addAndGet(-4);
            rig.assertIdle();
            client.readRest();
            assertEquals(Errno.ECONNRESET, client.broke);
            client.close();
            assertEquals(Map.of(), before.leftOpen());
            rig.balancer.load(0).addAndGet(4);
            client = rig.client();
            Conn server = server(rig);
            end(rig, client, server);
            rig.balancer.load(0).addAndGet(-4);
        }
    }
}
