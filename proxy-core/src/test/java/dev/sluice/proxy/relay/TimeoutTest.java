package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.Timeouts;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Traffic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every wait of a session has a deadline, and a byte puts it off. The deadline on connecting is {@link ConnectTest}'s. */
class TimeoutTest extends RealSockets {
    private static final long LIMIT_MILLIS = 200;
    private static final Duration LIMIT = Duration.ofMillis(LIMIT_MILLIS);

    /** Timers come up to two ticks late, and this machine may be busy. */
    private static final long LATE_MILLIS = 17 + 5000;

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void anIdleSessionEndsWithAResetToBoth(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.plan(relay).idleTimeout(LIMIT).start(net)) {
            long before = System.nanoTime();
            ProxyRig.Pair pair = rig.open();
            assertEndsByReset(rig, pair, EndCause.IDLE_TIMEOUT, before);
        }
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void aByteInEitherDirectionPutsItOff(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.plan(relay).idleTimeout(LIMIT).start(net)) {
            ProxyRig.Pair pair = rig.open();
            long last = 0;
            for (int i = 1; i <= 5; i++) {
                Conn from = pair.both().get(i & 1);
                Conn to = pair.both().get(1 - (i & 1));
                last = System.nanoTime();
                Traffic.run(net, from.sending(from.sent + 1), to.receiving(to.received + 1));
                ProxyRig.pause(LIMIT_MILLIS / 3);
            }
            assertEndsByReset(rig, pair, EndCause.IDLE_TIMEOUT, last);
        }
    }

    /** A timer for something else does not end its first second. */
    @Test
    void aResetInTheFirstSecondIsEarlyWhateverElseIsTimed() {
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .idleTimeout(Duration.ofMillis(400))
                .start(net)) {
            ProxyRig.Pair pair = rig.open();
            ProxyRig.pause(200);
            Traffic.run(
                    net,
                    pair.client().sending(pair.client().sent + 1),
                    pair.server().receiving(pair.server().received + 1));
            ProxyRig.pause(250);
            pair.server().reset();
            SessionEnd end = rig.awaitEnd();
            assertEquals(EndCause.UPSTREAM_RESET, end.cause(), end::toString);
            assertEquals(1, rig.proxy.endpoints().getFirst().earlyResets(), end::toString);
        }
    }

    /** Bytes that nobody takes are no activity. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void whoIsHeldUpForTooLongIsIdle(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.plan(relay).idleTimeout(LIMIT).start(net)) {
            ProxyRig.Pair pair = rig.open();
            long last = System.nanoTime();
            long next = last;
            while (pair.client().write(1 << 20) > 0) {
                last = next;
                next = System.nanoTime();
            }
            assertEquals(EndCause.IDLE_TIMEOUT, rig.awaitEnd().cause());
            assertTrue(System.nanoTime() - last >= LIMIT.toNanos() / 2, "early");
            Traffic.run(net, pair.server().receivingAll(), pair.client().receivingAll());
            assertEquals(Errno.ECONNRESET, pair.server().broke);
            assertEquals(Errno.ECONNRESET, pair.client().broke);
        }
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void aHalfClosedSessionThatFallsSilentEnds(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.plan(relay).halfCloseTimeout(LIMIT).start(net)) {
            for (boolean clientFirst : new boolean[] {true, false}) {
                ProxyRig.Pair pair = rig.open();
                Conn first = clientFirst ? pair.client() : pair.server();
                Conn second = clientFirst ? pair.server() : pair.client();
                Traffic.run(net, first.sendingAll(10), second.receivingAll());
                long last = 0;
                for (int i = 1; i <= 4; i++) {
                    last = System.nanoTime();
                    Traffic.run(net, second.sending(i), first.receiving(i));
                    ProxyRig.pause(LIMIT_MILLIS / 3);
                }
                SessionEnd end = rig.awaitEnd();
                long silent = System.nanoTime() - last;
                assertEquals(EndCause.HALF_CLOSE_TIMEOUT, end.cause());
                assertOnTime(silent);
                Traffic.run(net, first.receivingAll());
                assertEquals(Errno.ECONNRESET, first.broke);
                assertTrue(second.ended, "its stream had ended in order");
                pair.both().forEach(Conn::close);
            }
        }
    }

    /** Without a limit of its own, a half-closed session has the idle one. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void theIdleLimitHoldsForHalfClosedSessionsToo(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.plan(relay)
                .idleTimeout(LIMIT)
                .halfCloseTimeout(Duration.ZERO)
                .start(net)) {
            ProxyRig.Pair pair = rig.open();
            long last = System.nanoTime();
            Traffic.run(net, pair.server().sendingAll(10), pair.client().receivingAll());
            assertEquals(EndCause.HALF_CLOSE_TIMEOUT, rig.awaitEnd().cause());
            assertOnTime(System.nanoTime() - last);
        }
    }

    /** The last words of who has reset are kept for a while, not for ever. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void whoNeverReadsDoesNotKeepTheBrokenSessionAlive(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.plan(relay).halfCloseTimeout(LIMIT).start(net)) {
            ProxyRig.Pair pair = rig.open();
            while (pair.client().write(1 << 20) > 0) {
                // until nothing more fits
            }
            rig.awaitQuiet();
            long last = System.nanoTime();
            pair.client().reset();
            assertEquals(EndCause.CLIENT_RESET, rig.awaitEnd().cause());
            assertOnTime(System.nanoTime() - last);
            Traffic.run(net, pair.server().receivingAll());
            assertEquals(Errno.ECONNRESET, pair.server().broke);
        }
    }

    /** As before, but the flow is done and only the other's kernel has yet to take what it was given. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void norDoesWhoseKernelNeverTakesTheRest(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.plan(relay).halfCloseTimeout(LIMIT).start(net)) {
            ProxyRig.Pair pair = rig.open();
            pair.server().receiveBuffer(16 << 10);
            Traffic.run(net, pair.client().sending(80_000));
            ProxyRig.await("all bytes with the proxy", () -> pair.client().unsent() == 0);
            rig.awaitQuiet();
            long last = System.nanoTime();
            pair.client().reset();
            assertEquals(EndCause.CLIENT_RESET, rig.awaitEnd().cause());
            // Not late either, but the kernel may get some of it across meanwhile, which puts the end off.
            assertTrue(System.nanoTime() - last >= LIMIT.toNanos(), "early");
            Traffic.run(net, pair.server().receivingAll());
            assertEquals(Errno.ECONNRESET, pair.server().broke);
        }
    }

    private void assertEndsByReset(ProxyRig rig, ProxyRig.Pair pair, EndCause cause, long last) {
        SessionEnd end = rig.awaitEnd();
        assertOnTime(System.nanoTime() - last);
        assertEquals(cause, end.cause());
        assertEquals(0, end.errno());
        Traffic.run(net, pair.client().receivingAll(), pair.server().receivingAll());
        assertEquals(Errno.ECONNRESET, pair.client().broke);
        assertEquals(Errno.ECONNRESET, pair.server().broke);
    }

    private static void assertOnTime(long nanos) {
        long millis = nanos / 1_000_000;
        assertTrue(millis >= LIMIT_MILLIS, () -> "early: " + millis + " ms");
        assertTrue(millis <= LIMIT_MILLIS + LATE_MILLIS, () -> "late: " + millis + " ms");
    }

    /** However busy it is; and not all of them at once. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void aSessionIsNotOlderThanItMayBe(RelayMode relay) {
        int origin = net.listen(Net.LOOPBACK, 8);
        ListenerConfig listener = ListenerConfig.of("in", EndpointAddress.parse("127.0.0.1:0"), "origin")
                .withRelay(relay)
                .withTimeouts(Timeouts.DEFAULTS.withIdle(Duration.ZERO).withMaxAge(Duration.ofSeconds(1)));
        Layout layout = Layout.of(1).upstream("origin", net.nameOf(origin)).listener(listener);
        try (ProxyRig rig = ProxyRig.plan(relay).layout(layout).start(net)) {
            Set<Long> ages = new HashSet<>();
            List<ProxyRig.Pair> pairs = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                pairs.add(rig.open("in", origin));
            }
            ProxyRig.Pair busy = pairs.getFirst();
            while (rig.ends.size() < pairs.size()) {
                busy.client().write(1);
                ProxyRig.pause(20);
            }
            for (int i = 0; i < pairs.size(); i++) {
                SessionEnd end = rig.awaitEnd();
                assertEquals(EndCause.AGE, end.cause());
                long millis = end.session().durationMicros() / 1000;
                assertTrue(millis >= 899 && millis <= 1100 + LATE_MILLIS, end::toString);
                ages.add(millis);
            }
            assertTrue(ages.size() > 1, ages::toString);
            pairs.forEach(pair -> pair.both().forEach(Conn::close));
        }
    }
}
