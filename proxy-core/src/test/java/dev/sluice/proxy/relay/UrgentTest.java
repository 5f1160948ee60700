package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Traffic;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Urgent data (tcp(7)) does not cross, and does not get in the way of what does. */
class UrgentTest extends RealSockets {
    private static Address abstractName() {
        return new Address.Unix("@sluice-test-" + UUID.randomUUID());
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void inTheMiddleOfAStream(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.start(net, relay)) {
            ProxyRig.Pair pair = rig.open();
            inTheMiddle(pair.client(), pair.server());
            inTheMiddle(pair.server(), pair.client());
        }
    }

    private void inTheMiddle(Conn from, Conn to) {
        for (int i = 1; i <= 20; i++) {
            long half = i * 10_000L - 5000;
            Traffic.run(net, from.sending(half));
            from.urgent();
            Traffic.run(net, from.sending(i * 10_000L), to.receiving(i * 10_000L));
            assertEquals(from.sent, to.received);
        }
    }

    /** Nothing behind the mark for a while: what comes then must not be forgotten. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void aloneAndThenMore(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.start(net, relay)) {
            ProxyRig.Pair pair = rig.open();
            for (int i = 1; i <= 10; i++) {
                pair.client().urgent();
                rig.awaitQuiet();
                long total = i * 100L;
                Traffic.run(net, pair.client().sending(total), pair.server().receiving(total));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void beforeTheEnd(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.start(net, relay)) {
            for (int before : new int[] {0, 1, 5000}) {
                for (int after : new int[] {0, 1, 5000}) {
                    ProxyRig.Pair pair = rig.open();
                    Traffic.run(net, pair.client().sending(before));
                    pair.client().urgent();
                    Traffic.run(
                            net,
                            pair.client().sendingAll(before + after),
                            pair.server().receivingAll(),
                            pair.server().sendingAll(100),
                            pair.client().receivingAll());
                    ProxyRig.assertWhole(pair, before + after, 100);
                    assertEquals(0, rig.awaitEnd().errno());
                }
            }
        }
    }

    /** The mark arrives while the flow is held up, with bytes before it and behind it. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void beforeWhoReadsLate(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.start(net, relay)) {
            ProxyRig.Pair pair = rig.open();
            Conn client = pair.client();
            while (client.write(1 << 20) > 0) {
                // until it is held up
            }
            rig.awaitQuiet();
            pair.client().receiveBuffer(1 << 20);
            // Room for the mark, but not for the whole stream to be gone when it comes.
            Traffic.run(net, pair.server().receiving(client.sent / 4));
            ProxyRig.await("room", () -> client.write(1000) > 0);
            client.urgent();
            long total = client.sent + 50_000;
            Traffic.run(
                    net,
                    client.sendingAll(total),
                    pair.server().receivingAll(),
                    pair.server().sendingAll(0));
            assertEquals(total, pair.server().received);
            assertTrue(pair.server().ended);
        }
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void beforeAReset(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.start(net, relay)) {
            ProxyRig.Pair pair = rig.open();
            Traffic.run(net, pair.client().sending(3000));
            pair.client().urgent();
            Traffic.run(net, pair.client().sending(5000));
            ProxyRig.await("all bytes with the proxy", () -> pair.client().unsent() == 0);
            pair.client().reset();
            Traffic.run(net, pair.server().receivingAll());
            assertEquals("sent 0 received 5000 ECONNRESET", pair.server().toString());
        }
    }

    /** At the mark, splice tells of the reset, and only once, though there are bytes behind it. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void beforeAResetThatComesBeforeTheFirstRead(RelayMode relay) {
        Script script = new Script();
        try (ProxyRig rig = ProxyRig.plan(relay).start(net, script)) {
            ProxyRig.Pair pair = rig.open();
            rig.awaitQuiet();
            CountDownLatch sent = new CountDownLatch(1);
            script.rule((call, count, fd) -> {
                if (call != Call.SPLICE_IN && call != Call.RECV) {
                    return null;
                }
                script.clear();
                return Fault.preceded(() -> ProxyRig.awaitLatch(sent));
            });
            Traffic.run(net, pair.client().sending(3000));
            pair.client().urgent();
            Traffic.run(net, pair.client().sending(5000));
            ProxyRig.await("all bytes with the proxy", () -> pair.client().unsent() == 0);
            pair.client().reset();
            sent.countDown();
            Traffic.run(net, pair.server().receivingAll());
            assertEquals("sent 0 received 5000 ECONNRESET", pair.server().toString());
        }
    }

    /** One event tells of the bytes, of the mark and of the reset: there is more to find than splice says. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void inOneEventWithAReset(RelayMode relay) {
        assertEquals(1, heldUp(relay, true, 5000), "a look behind the mark");
    }

    /** The same without a mark: then splice has told all, and no call is made for nothing. */
    @Test
    void aResetWithoutAMarkNeedsNoSecondLook() {
        assertEquals(0, heldUp(RelayMode.SPLICE, false, 5000));
    }

    /**
     * All that a client sends, and its reset, arrives while the loop is busy with another session.
     *
     * @return how many calls of recv(2) there were, 1 at most
     */
    private long heldUp(RelayMode relay, boolean mark, long bytes) {
        Script script = new Script();
        try (ProxyRig rig = ProxyRig.plan(relay).start(net, script)) {
            ProxyRig.Pair other = rig.open();
            ProxyRig.Pair pair = rig.open();
            rig.awaitQuiet();
            CountDownLatch sent = new CountDownLatch(1);
            script.rule((call, count, fd) -> {
                if (call != Call.SPLICE_IN && call != Call.RECV) {
                    return null;
                }
                script.clear();
                return Fault.preceded(() -> ProxyRig.awaitLatch(sent));
            });
            Traffic.run(net, other.client().sending(1));
            Traffic.run(net, pair.client().sending(3000));
            if (mark) {
                pair.client().urgent();
            }
            Traffic.run(net, pair.client().sending(bytes));
            ProxyRig.await("all bytes with the proxy", () -> pair.client().unsent() == 0);
            pair.client().reset();
            long before = script.count(Call.RECV);
            sent.countDown();
            Traffic.run(net, pair.server().receivingAll());
            assertEquals(
                    "sent 0 received " + bytes + " ECONNRESET", pair.server().toString());
            return Math.min(1, script.count(Call.RECV) - before);
        }
    }

    /** unix(7) has urgent data as well. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void ofUnixSockets(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.plan(relay).bind(abstractName()).start(net)) {
            ProxyRig.Pair pair = rig.open();
            for (int i = 1; i <= 10; i++) {
                Traffic.run(net, pair.client().sending(i * 2000L - 1000));
                pair.client().urgent();
                Traffic.run(net, pair.client().sending(i * 2000L), pair.server().receiving(i * 2000L));
            }
            pair.client().urgent();
            Traffic.run(net, pair.client().sendingAll(25_000), pair.server().receivingAll());
            assertEquals("sent 0 received 25000.", pair.server().toString());
            assertEquals(0, pair.client().broke, () -> Errno.name(pair.client().broke));
        }
    }
}
