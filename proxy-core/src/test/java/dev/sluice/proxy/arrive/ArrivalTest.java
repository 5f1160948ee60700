package dev.sluice.proxy.arrive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
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
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Clients that leave, wholly or by half, while their upstream is being connected. */
class ArrivalTest extends RealSockets {
    private static final long MILLI = 1_000_000;

    /** The proxy's socket of the client that was accepted last. */
    private final AtomicInteger accepted = new AtomicInteger(-1);

    private ReceptionRig open(Address bind) {
        ReceptionRig rig = new ReceptionRig(net, 1, bind, 1000);
        rig.loops.script.witness((call, fd, result) -> {
            if (call == Call.ACCEPT && result >= 0) {
                accepted.set((int) result);
            }
        });
        return rig;
    }

    /** A client that is being connected to somebody who does not answer. */
    private Conn connecting(ReceptionRig rig) {
        Conn client = rig.client();
        rig.loops.until("an attempt", () -> rig.loops.script.count(Call.CONNECT) > 0);
        return client;
    }

    /** Waits until the kernel has told the proxy's socket; the proxy has not looked yet. */
    private void awaitTold(int mask) {
        assertTrue(net.await(accepted.get(), mask, Net.PATIENCE_MILLIS));
    }

    /** In the turn in which the proxy hears of the client, not some time later. */
    private static SessionEnd endAfterOneTurn(ReceptionRig rig) {
        rig.loops.turn(rig.loops.loop());
        assertEquals(1, rig.loops.ends.size(), "at once");
        return rig.awaitEnd();
    }

    private static void assertEnd(EndCause cause, int errno, Address tried, SessionEnd end) {
        assertEquals(cause, end.cause());
        assertEquals(Errno.name(errno), Errno.name(end.errno()));
        assertEquals(tried, end.session().endpoint());
        assertEquals(-1, end.session().connectMicros());
        assertEquals(0, end.session().bytesUp() + end.session().bytesDown());
    }

    /** Both ways are read to their ends while the proxy turns. */
    private void transfer(ReceptionRig rig, Conn client, Conn server) {
        rig.loops.until("the ends", () -> {
            client.read(Net.BUFFER);
            server.read(Net.BUFFER);
            return client.isOver() && server.isOver();
        });
    }

    private Conn accept(ReceptionRig rig, int origin, Stream up, Stream down) {
        AtomicInteger fd = new AtomicInteger(-1);
        rig.loops.until("a connection", () -> {
            fd.set(net.tryAccept(origin));
            return fd.get() >= 0;
        });
        return new Conn(net, fd.get(), down, up);
    }

    @Test
    void aClientThatResetsEndsTheAttemptAtOnce() {
        Address deaf = net.deaf();
        LeakCheck.Descriptors before;
        try (ReceptionRig rig = open(Net.LOOPBACK).route(ReceptionRig.PATIENT, deaf, deaf)) {
            before = LeakCheck.Descriptors.open();
            connecting(rig).reset();
            awaitTold(Epoll.RDHUP);
            assertEnd(EndCause.CLIENT_RESET, Errno.ECONNRESET, deaf, endAfterOneTurn(rig));
            assertEquals(0, rig.endpoint(0).sum(Count.FAILURES), "the endpoint has done nothing wrong");
            assertEquals(0, rig.loops.get(Counter.CONNECT_FAILURES));
            assertEquals(Map.of(), before.leftOpen());
            rig.assertIdle();
        }
    }

    /** An upstream that answers still hears of it, as of a TCP client that closed. */
    @Test
    void aUnixClientThatClosesIsGivenUpSoon() {
        Address deaf = net.deaf();
        try (ReceptionRig rig = open(Net.abstractName()).route(ReceptionRig.PATIENT, deaf)) {
            connecting(rig).close();
            SessionEnd end = rig.awaitEnd();
            assertEnd(EndCause.CLIENT_CLOSED, 0, deaf, end);
            assertTrue(end.session().durationMicros() >= 1_000_000, "too early");
            rig.assertIdle();
        }
    }

    /** Whoever waits in line would not be served soon. */
    @Test
    void aClientThatEndsInSilenceDoesNotWaitInLine() {
        Address full = Net.abstractName();
        net.listen(full, 0);
        net.fillBacklog(full);
        try (ReceptionRig rig = open(Net.LOOPBACK).route(ReceptionRig.PATIENT, full)) {
            connecting(rig).finish();
            awaitTold(Epoll.RDHUP);
            assertEnd(EndCause.CLIENT_CLOSED, 0, full, endAfterOneTurn(rig));
            assertEquals(0, rig.endpoint(0).sum(Count.FAILURES));
            rig.assertIdle();
        }
    }

    /** It may want to read what the upstream says first, so it has a second more. */
    @Test
    void aClientThatEndsInSilenceIsGivenUpSoon() {
        Address deaf = net.deaf();
        try (ReceptionRig rig = open(Net.LOOPBACK).route(ReceptionRig.PATIENT, deaf)) {
            connecting(rig).finish();
            SessionEnd end = rig.awaitEnd();
            assertEnd(EndCause.CLIENT_CLOSED, 0, deaf, end);
            assertTrue(end.session().durationMicros() >= 1_000_000, "too early");
            assertEquals(0, rig.endpoint(0).sum(Count.FAILURES), "it may have answered in time");
            rig.assertIdle();
        }
    }

    @Test
    void aClientThatEndsInSilenceReadsWhatTheUpstreamSaysFirst() {
        int origin = net.listen(Net.LOOPBACK, 8);
        Stream up = Stream.fresh();
        Stream down = Stream.fresh();
        try (ReceptionRig rig = open(Net.LOOPBACK).route(ReceptionRig.PATIENT, net.nameOf(origin))) {
            Conn client = rig.client(up, down);
            // Told together with the answer of the upstream.
            rig.loops.script.once(Call.CONNECT, 1, Fault.preceded(client::finish));
            Conn server = accept(rig, origin, up, down);
            assertEquals(1000, server.write(1000));
            server.finish();
            transfer(rig, client, server);
            ProxyRig.assertWhole(new ProxyRig.Pair(client, server), 0, 1000);
        }
    }

    /** Longer than a client would have that has sent nothing. */
    @Test
    void aRequestInOnePieceWithItsEndIsServedHoweverLongItTakes() {
        int origin = net.listen(Net.LOOPBACK, 8);
        Stream up = Stream.fresh();
        Stream down = Stream.fresh();
        try (ReceptionRig rig = open(Net.LOOPBACK).route(1200 * MILLI, net.deaf(), net.nameOf(origin))) {
            Conn client = rig.client(up, down);
            assertEquals(1000, client.write(1000));
            client.finish();
            Conn server = accept(rig, origin, up, down);
            assertEquals(1000, server.write(1000));
            server.finish();
            transfer(rig, client, server);
            ProxyRig.assertWhole(new ProxyRig.Pair(client, server), 1000, 1000);
            SessionEnd end = rig.awaitEnd();
            assertEquals(EndCause.CLIENT_CLOSED, end.cause());
            assertEquals(net.nameOf(origin), end.session().endpoint());
        }
    }

    @Test
    void andSoIsOneThatWaitsInLine() {
        Address full = Net.abstractName();
        int origin = net.listen(full, 0);
        List<Integer> others = net.fillBacklog(full);
        Stream up = Stream.fresh();
        Stream down = Stream.fresh();
        for (Address bind : List.of(Net.LOOPBACK, Net.abstractName())) {
            try (ReceptionRig rig = open(bind).route(ReceptionRig.PATIENT, full)) {
                Conn client = rig.client(up, down);
                rig.loops.until("it to wait", () -> rig.loops.get(Counter.CONNECT_WAITS) == 1);
                assertEquals(1000, client.write(1000));
                if (bind.equals(Net.LOOPBACK)) {
                    client.finish();
                } else {
                    client.close(); // what a unix socket has sent can be read when it is gone
                }
                rig.loops.turnFor(50);
                assertTrue(rig.loops.ends.isEmpty());
                for (int i = 0; i < others.size(); i++) {
                    net.close(net.accept(origin));
                }
                Conn server = accept(rig, origin, up, down);
                rig.loops.until("the request", () -> {
                    server.read(Net.BUFFER);
                    return server.isOver();
                });
                assertEquals("sent 0 received 1000.", server.toString());
                server.close();
                rig.awaitEnd();
                client.close();
                others = net.fillBacklog(full);
            }
        }
    }

    /** Nobody will read an answer, but the request may be one that does something. */
    @Test
    void whatWasSentBeforeAResetIsDeliveredIfThereIsAnAnswerInTime() {
        int origin = net.listen(Net.LOOPBACK, 8);
        Stream up = Stream.fresh();
        Stream down = Stream.fresh();
        try (ReceptionRig rig = open(Net.LOOPBACK).route(ReceptionRig.PATIENT, net.nameOf(origin))) {
            Conn client = rig.client(up, down);
            rig.loops.script.once(Call.CONNECT, 1, Fault.preceded(() -> {
                client.write(1000);
                client.reset();
            }));
            Conn server = accept(rig, origin, up, down);
            rig.loops.until("the request", () -> {
                server.read(Net.BUFFER);
                return server.isOver();
            });
            assertEquals("sent 0 received 1000 ECONNRESET", server.toString());
            SessionEnd end = rig.awaitEnd();
            assertEquals(EndCause.CLIENT_RESET, end.cause());
            assertEquals(1000, end.session().bytesUp());
        }
    }

    @Test
    void andGivenUpSoonIfThereIsNone() {
        Address deaf = net.deaf();
        try (ReceptionRig rig = open(Net.LOOPBACK).route(ReceptionRig.PATIENT, deaf)) {
            Conn client = connecting(rig);
            client.write(1000);
            client.reset();
            assertEnd(EndCause.CLIENT_RESET, Errno.ECONNRESET, deaf, rig.awaitEnd());
            assertEquals(0, rig.endpoint(0).sum(Count.FAILURES));
            rig.assertIdle();
        }
    }

    /** First the end of what it sends, and then it is gone. */
    @Test
    void aClientThatResetsAfterItsEndIsGone() {
        Address deaf = net.deaf();
        try (ReceptionRig rig = open(Net.LOOPBACK).route(ReceptionRig.PATIENT, deaf)) {
            Conn client = connecting(rig);
            client.finish();
            awaitTold(Epoll.RDHUP);
            rig.loops.turn(rig.loops.loop());
            assertTrue(rig.loops.ends.isEmpty());
            client.reset();
            awaitTold(0); // an error or a hang-up
            assertEnd(EndCause.CLIENT_RESET, Errno.ECONNRESET, deaf, endAfterOneTurn(rig));
        }
    }

    /** Told in one batch: the client is looked at first, and there is no session for nobody. */
    @Test
    void aClientThatIsGoneWhenTheUpstreamAnswersHasNoSession() {
        int origin = net.listen(Net.LOOPBACK, 8);
        Address address = net.nameOf(origin);
        try (ReceptionRig rig = open(Net.LOOPBACK).route(ReceptionRig.PATIENT, address)) {
            Conn client = rig.client();
            rig.loops.script.once(Call.CONNECT, 1, Fault.preceded(client::reset));
            assertEnd(EndCause.CLIENT_RESET, Errno.ECONNRESET, address, rig.awaitEnd());
            Conn server = new Conn(net, net.accept(origin), Stream.fresh(), Stream.fresh());
            server.readRest();
            assertEquals("sent 0 received 0 ECONNRESET", server.toString());
        }
    }

    /** Reset, closed or ended before the proxy has even looked. */
    @Test
    void clientsThatAreGoneBeforeTheyAreAccepted() {
        int origin = net.listen(Net.LOOPBACK, 64);
        try (ReceptionRig rig = open(Net.LOOPBACK).route(ReceptionRig.PATIENT, net.nameOf(origin))) {
            List<Conn> clients = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                Conn client = rig.client();
                clients.add(client);
                if (i % 2 == 0) {
                    client.write(100);
                }
                switch (i % 3) {
                    case 0 -> client.reset();
                    case 1 -> client.close();
                    default -> client.finish();
                }
            }
            rig.loops.until("all to be taken", () -> rig.loops.get(Counter.ACCEPTED) == clients.size());
            rig.loops.until("all to end", () -> {
                int fd = net.tryAccept(origin);
                if (fd >= 0) {
                    net.close(fd);
                }
                return rig.loops.ends.size() == clients.size();
            });
            rig.assertIdle();
        }
    }

    @Test
    void aLoopThatStopsCutsWhoIsOnTheWay() {
        Address deaf = net.deaf();
        ReceptionRig rig = open(Net.LOOPBACK).route(ReceptionRig.PATIENT, deaf);
        Conn client = connecting(rig);
        rig.close();
        assertEnd(EndCause.DRAINED, Errno.ECONNABORTED, deaf, rig.loops.ends.getFirst());
        client.readRest();
        assertEquals(Errno.ECONNRESET, client.broke);
    }

    /** It was not held when its listener went elsewhere, and was refused after that. */
    @Test
    void whoIsRefusedTriesWhereItsListenerGoesByThen() {
        int origin = net.listen(Net.LOOPBACK, 8);
        try (ReceptionRig rig = open(Net.LOOPBACK).route(200 * MILLI, net.deaf())) {
            Conn client = connecting(rig);
            rig.route(ReceptionRig.PATIENT, net.nameOf(origin));
            Conn server = accept(rig, origin, Stream.fresh(), Stream.fresh());
            server.close();
            client.close();
            assertEquals(net.nameOf(origin), rig.awaitEnd().session().endpoint());
            rig.assertIdle();
        }
    }

    /**
     * An endpoint goes down in the turn in which it answers: what epoll tells of it is not for the endpoint that is tried instead, and
     * which does not answer.
     */
    @Test
    void anAnswerIsNotTakenForThatOfTheNextEndpoint() {
        int origin = net.listen(Net.LOOPBACK, 8);
        try (ReceptionRig rig = open(Net.LOOPBACK).route(ReceptionRig.PATIENT, net.nameOf(origin), net.deaf())) {
            rig.loops.script.once(
                    Call.CONNECT,
                    1,
                    Fault.preceded(() -> rig.loops
                            .loop()
                            .post(() -> rig.receptions.getFirst().avoid(rig.endpoint(0)))));
            Conn client = connecting(rig);
            rig.loops.turnFor(50);
            assertEquals(0, rig.endpoint(1).sum(Count.CONNECTED));
            assertEquals(1, rig.endpoint(0).sum(Count.SESSIONS), "it has answered before anybody could go elsewhere");
            client.reset();
            rig.awaitEnd();
        }
    }

    /** All sessions of an endpoint have the same to give back, and it is gone when the endpoint is. */
    @Test
    void whatASessionGivesBackIsKeptWithItsEndpoint() {
        try (ReceptionRig rig = open(Net.LOOPBACK).route(ReceptionRig.PATIENT, net.deaf(), net.deaf())) {
            Reception reception = rig.receptions.getFirst();
            Departure one = Departure.from(rig.endpoint(0), false, reception);
            assertSame(one, Departure.from(rig.endpoint(0), false, reception));
            Departure withRoom = Departure.from(rig.endpoint(0), true, reception);
            assertTrue(withRoom.claimed() && !one.claimed());
            assertSame(withRoom, Departure.from(rig.endpoint(0), true, reception));
            assertSame(
                    rig.endpoint(1),
                    Departure.from(rig.endpoint(1), false, reception).endpoint());
        }
    }
}
