package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Traffic;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How a stream ends, an end is told to the other side: after the last byte, and as what it was. */
class EndOfStreamTest extends RealSockets {
    /** More than the buffers on the way to somebody who does not read. */
    private static final int PLENTY = 64 << 20;

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void theEndComesAfterTheLastByteEvenToWhoReadsLate(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.start(net, relay)) {
            ProxyRig.Pair pair = rig.open();
            long sent = stuff(rig, pair.client());
            pair.client().finish();
            rig.awaitQuiet();
            assertFalse(net.await(pair.server().fd, Epoll.RDHUP, 0), "the end has overtaken bytes");
            Traffic.run(net, pair.server().receivingAll());
            assertEquals("sent 0 received " + sent + ".", pair.server().toString());
        }
    }

    /** Sends until everything on the way is full. */
    private static long stuff(ProxyRig rig, Conn from) {
        while (from.sent < PLENTY) {
            if (from.write(PLENTY) == 0) {
                rig.awaitQuiet();
                if (from.write(PLENTY) == 0) {
                    break;
                }
            }
        }
        assertEquals(0, from.broke);
        assertTrue(from.sent < PLENTY, "it should have been held up");
        return from.sent;
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void aHalfClosedSessionGoesOnInTheOtherDirection(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.start(net, relay)) {
            for (boolean clientFirst : new boolean[] {true, false}) {
                ProxyRig.Pair pair = rig.open();
                Conn first = clientFirst ? pair.client() : pair.server();
                Conn second = clientFirst ? pair.server() : pair.client();
                Traffic.run(net, first.sendingAll(10), second.receivingAll());
                assertTrue(second.ended);
                for (int i = 1; i <= 20; i++) {
                    Traffic.run(net, second.sending(i * 5000L), first.receiving(i * 5000L));
                }
                assertFalse(first.isOver());
                Traffic.run(net, second.sendingAll(second.sent), first.receivingAll());
                assertTrue(first.ended);
                SessionEnd end = rig.awaitEnd();
                assertEquals(clientFirst ? EndCause.CLIENT_CLOSED : EndCause.UPSTREAM_CLOSED, end.cause());
            }
        }
    }

    /** A request, its answer, and the end of both: an end is found by one call, and the last FIN sent by closing. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void anEndCostsOneCall(RelayMode relay) {
        for (boolean byClient : new boolean[] {true, false}) {
            Script script = new Script();
            try (ProxyRig rig = ProxyRig.plan(relay).start(net, script)) {
                ProxyRig.Pair pair = rig.open();
                Conn first = byClient ? pair.client() : pair.server();
                Conn second = byClient ? pair.server() : pair.client();
                Traffic.run(net, second.sending(100), first.receiving(100));
                rig.awaitQuiet();
                long reads = script.count(Call.SPLICE_IN) + script.count(Call.RECV);
                Traffic.run(net, first.sendingAll(100), second.receivingAll());
                second.finish();
                Traffic.run(net, first.receivingAll());
                assertTrue(first.ended && second.ended);
                assertEquals(0, rig.awaitEnd().errno());
                assertEquals(3, script.count(Call.SPLICE_IN) + script.count(Call.RECV) - reads);
                assertEquals(2, script.count(Call.SHUTDOWN), "one finds a reset that nobody has told of");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void anEmptySessionIsOneToo(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.start(net, relay)) {
            assertEquals(0, rig.exchange(0, 0).errno());
        }
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void aResetIsForwardedAfterWhatWasSentBefore(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.start(net, relay)) {
            for (boolean byClient : new boolean[] {true, false}) {
                ProxyRig.Pair pair = rig.open();
                Conn resets = byClient ? pair.client() : pair.server();
                Conn other = byClient ? pair.server() : pair.client();
                Traffic.run(net, resets.sending(100_000), other.receiving(1));
                ProxyRig.await("all bytes with the proxy", () -> resets.unsent() == 0);
                resets.reset();
                Traffic.run(net, other.receivingAll());
                assertEquals("sent 0 received 100000 ECONNRESET", other.toString());
                SessionEnd end = rig.awaitEnd();
                assertEquals(byClient ? EndCause.CLIENT_RESET : EndCause.UPSTREAM_RESET, end.cause());
                assertEquals(Errno.ECONNRESET, end.errno());
                assertEquals(100_000, end.session().bytesUp() + end.session().bytesDown());
            }
        }
    }

    /** The reset finds bytes in the pipe, in the proxy's sockets and in those of who reads late. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void aResetWaitsForWhoReadsLate(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.start(net, relay)) {
            for (boolean byClient : new boolean[] {true, false}) {
                ProxyRig.Pair pair = rig.open();
                Conn resets = byClient ? pair.client() : pair.server();
                Conn other = byClient ? pair.server() : pair.client();
                stuff(rig, resets);
                long taken = resets.sent - resets.unsent();
                resets.reset();
                rig.awaitQuiet();
                assertEquals(1, rig.snapshot().get(Counter.ACTIVE), "cut before all was delivered");
                Traffic.run(net, other.receivingAll());
                assertEquals(Errno.ECONNRESET, other.broke);
                assertTrue(other.received >= taken, () -> taken + " bytes were taken of " + resets + ": " + other);
                assertEquals(
                        byClient ? EndCause.CLIENT_RESET : EndCause.UPSTREAM_RESET,
                        rig.awaitEnd().cause());
            }
        }
    }

    /**
     * The reset shows twice: a call on the broken socket fails, write or shutdown, and later an event tells. By then all is with the kernel
     * that the other side has yet to take.
     */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void aResetFoundByACallWaitsForWhoReadsLateToo(RelayMode relay) {
        for (boolean byClient : new boolean[] {true, false}) {
            aResetFoundByACall(relay, byClient, other -> other.write(1000));
            aResetFoundByACall(relay, byClient, Conn::finish);
        }
    }

    private void aResetFoundByACall(RelayMode relay, boolean byClient, Consumer<Conn> provoke) {
        Script script = new Script();
        try (ProxyRig rig = ProxyRig.plan(relay).start(net, script)) {
            ProxyRig.Pair pair = rig.open();
            Conn resets = byClient ? pair.client() : pair.server();
            Conn other = byClient ? pair.server() : pair.client();
            other.receiveBuffer(16 << 10);
            Traffic.run(net, resets.sending(80_000));
            ProxyRig.await("all bytes with the proxy", () -> resets.unsent() == 0);
            rig.awaitQuiet();
            CountDownLatch reading = new CountDownLatch(1);
            CountDownLatch gone = new CountDownLatch(1);
            script.rule((call, count, fd) -> {
                if (call != Call.SPLICE_IN && call != Call.RECV) {
                    return null;
                }
                script.clear();
                return Fault.preceded(() -> {
                    reading.countDown();
                    ProxyRig.awaitLatch(gone);
                });
            });
            provoke.accept(other);
            ProxyRig.awaitLatch(reading);
            resets.reset();
            long turns = rig.snapshot().get(Counter.TURNS);
            gone.countDown();
            ProxyRig.await("the event of the reset", () -> rig.snapshot().get(Counter.TURNS) > turns + 2);
            Traffic.run(net, other.receivingAll());
            assertEquals(80_000, other.received);
            assertEquals(Errno.ECONNRESET, other.broke);
            SessionEnd end = rig.awaitEnd();
            assertEquals(byClient ? EndCause.CLIENT_RESET : EndCause.UPSTREAM_RESET, end.cause());
            assertEquals(Errno.ECONNRESET, end.errno());
        }
    }

    /** Whoever has a direction held up does not read, and must hear of a reset all the same. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void aResetByTheOneWhoDoesNotReadIsSeenAtOnce(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.start(net, relay)) {
            for (boolean byClient : new boolean[] {true, false}) {
                ProxyRig.Pair pair = rig.open();
                Conn resets = byClient ? pair.client() : pair.server();
                Conn other = byClient ? pair.server() : pair.client();
                stuff(rig, other);
                resets.reset();
                Traffic.run(net, other.receivingAll());
                assertEquals(Errno.ECONNRESET, other.broke);
                assertEquals(
                        byClient ? EndCause.CLIENT_RESET : EndCause.UPSTREAM_RESET,
                        rig.awaitEnd().cause());
                assertEquals(0, rig.snapshot().get(Counter.ACTIVE));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void bothMayReset(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.start(net, relay)) {
            for (int i = 0; i < 50; i++) {
                ProxyRig.Pair pair = rig.open();
                pair.client().write(1000);
                pair.server().write(1000);
                pair.client().reset();
                pair.server().reset();
                assertTrue(rig.awaitEnd().errno() != 0);
            }
            rig.exchange(1000, 1000);
        }
    }

    /** A stream whose sender is gone, in order, before its receiver reads. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void bothMayCloseAtOnce(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.start(net, relay)) {
            for (int i = 0; i < 50; i++) {
                ProxyRig.Pair pair = rig.open();
                pair.client().finish();
                pair.server().finish();
                Traffic.run(net, pair.client().receivingAll(), pair.server().receivingAll());
                ProxyRig.assertWhole(pair, 0, 0);
                assertEquals(0, rig.awaitEnd().errno());
                pair.both().forEach(Conn::close);
            }
        }
    }

    /** No event tells of it a second time: what the connector was told is all there is. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void anUpstreamThatEndsAndResetsBeforeTheConnectionIsSeen(RelayMode relay) {
        Script script = new Script();
        try (ProxyRig rig = ProxyRig.plan(relay).start(net, script)) {
            CountDownLatch gone = new CountDownLatch(1);
            script.once(Call.CONNECT, 1, Fault.followed(() -> ProxyRig.awaitLatch(gone)));
            ProxyRig.Pair pair = rig.open();
            Traffic.run(net, pair.server().sending(5000));
            pair.server().finish();
            ProxyRig.await("all bytes with the proxy", () -> pair.server().unsent() == 0);
            pair.server().reset();
            gone.countDown();
            Traffic.run(net, pair.client().receivingAll());
            assertEquals(5000, pair.client().received);
            assertEquals(EndCause.UPSTREAM_RESET, rig.awaitEnd().cause());
        }
    }

    /** Behind a small message, the end is looked for at once: but bytes may have come with it. */
    @Test
    void whatComesWithTheEndIsSplicedAsWell() {
        try (HandTurned sessions = new HandTurned(net, RelayMode.SPLICE, 0)) {
            HandTurned.Link link = sessions.open();
            sessions.relay(link.client(), link.clientSide(), link.server(), 1000);
            AtomicLong copied = new AtomicLong();
            sessions.rig.script.witness((call, fd, result) -> {
                if (call == Call.RECV && fd == link.clientSide() && result > 0) {
                    copied.addAndGet(result);
                }
            });
            sessions.send(link.client(), link.clientSide(), 100_000);
            link.client().finish();
            sessions.rig.until("the end", () -> {
                link.server().readRest();
                return link.server().ended;
            });
            assertEquals("sent 0 received 101000.", link.server().toString());
            assertEquals(0, copied.get(), "bytes that left the kernel");
        }
    }
}
