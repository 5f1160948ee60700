package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Traffic;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where splice(2) is not allowed, or not there, or not for one socket, sessions are copied, and lose no byte over it. */
class SpliceRefusedTest extends RealSockets {
    private static final int MUCH = 3_000_000;

    private final Script script = new Script();

    private static boolean isSplice(Call call) {
        return call == Call.SPLICE_IN || call == Call.SPLICE_OUT;
    }

    private void refuse(int errno) {
        script.rule((call, count, fd) -> isSplice(call) ? Fault.error(errno) : null);
    }

    private static String onlyWarning(ProxyRig rig) {
        assertEquals(1, rig.warnings.size(), rig.warnings::toString);
        return Objects.requireNonNull(rig.warnings.peek());
    }

    @ParameterizedTest
    @ValueSource(ints = {Errno.ENOSYS, Errno.EPERM, Errno.EINVAL})
    void fromTheStart(int errno) {
        refuse(errno);
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).start(net, script)) {
            long atStart = script.faults();
            for (int i = 1; i <= 3; i++) {
                SessionEnd end = rig.exchange(MUCH, MUCH);
                assertEquals(0, end.session().bytesSpliced());
                assertEquals(0, end.errno());
                assertEquals(2L * i, rig.snapshot().get(Counter.SPLICE_REFUSALS));
            }
            assertEquals(atStart, script.faults(), "the start has shown it");
            String warning = onlyWarning(rig);
            assertTrue(warning.contains("splice(2) is refused") && warning.contains(Errno.name(errno)), warning);
        }
    }

    @Test
    void whereItIsNotEvenTriedItIsNotMissed() {
        refuse(Errno.ENOSYS);
        try (ProxyRig rig = ProxyRig.plan(RelayMode.COPY).start(net, script)) {
            rig.exchange(MUCH, MUCH);
            assertEquals(0, rig.snapshot().get(Counter.SPLICE_REFUSALS));
        }
    }

    /** On the way in nothing was taken yet; on the way out the bytes are in the pipe. */
    @ParameterizedTest
    @CsvSource({
        "SPLICE_IN, 1, true",
        "SPLICE_IN, 38, true",
        "SPLICE_OUT, 1, true",
        "SPLICE_OUT, 1, false",
        "SPLICE_OUT, 38, true"
    })
    void inTheMiddle(Call call, int errno, boolean atOnce) {
        for (int k = 1; k <= 6; k += atOnce ? 1 : 3) {
            Script mine = new Script();
            try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).start(net, mine)) {
                ProxyRig.Pair pair = rig.open();
                rig.awaitQuiet();
                if (!atOnce) {
                    holdUp(rig, pair);
                }
                long at = mine.count(call) + k;
                mine.rule((c, count, fd) -> c == call && count >= at ? Fault.error(errno) : null);
                finish(pair);
                SessionEnd end = rig.awaitEnd();
                assertEquals(0, end.errno());
                assertTrue(end.session().bytesSpliced() < 2 * MUCH, end::toString);
                // For all flows of the loop; but bytes that are in the other one's pipe by then have to come out of it.
                int most = call == Call.SPLICE_OUT ? 2 : 1;
                assertTrue(mine.faults() >= 1 && mine.faults() <= most, () -> mine.faults() + " times, not once");
                assertTrue(rig.snapshot().get(Counter.SPLICE_REFUSALS) >= 1);
                assertEquals(0, rig.exchange(MUCH, MUCH).session().bytesSpliced());
                onlyWarning(rig);
            }
        }
    }

    /** A pipe full of bytes, as many as fit, that wait for who does not read. */
    private static void holdUp(ProxyRig rig, ProxyRig.Pair pair) {
        Conn client = pair.client();
        for (int i = 0; i < 3; i++) {
            while (client.write(MUCH - client.sent) > 0) {
                // until nothing more fits
            }
            rig.awaitQuiet();
        }
    }

    private void finish(ProxyRig.Pair pair) {
        Traffic.run(
                net,
                pair.client().sendingAll(MUCH),
                pair.server().receivingAll(),
                pair.server().sendingAll(MUCH),
                pair.client().receivingAll());
        ProxyRig.assertWhole(pair, MUCH, MUCH);
    }

    /** As one in a sockmap does: the others are spliced. */
    @ParameterizedTest
    @ValueSource(strings = {"SPLICE_IN", "SPLICE_OUT"})
    void byOneSocketOnly(Call call) {
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).start(net, script)) {
            ProxyRig.Pair pair = rig.open();
            rig.awaitQuiet();
            AtomicInteger refuses = new AtomicInteger(-1);
            script.rule((c, count, fd) -> {
                if (c == call) {
                    refuses.compareAndSet(-1, fd);
                }
                return c == call && fd == refuses.get() ? Fault.error(Errno.EINVAL) : null;
            });
            finish(pair);
            SessionEnd end = rig.awaitEnd();
            assertEquals(0, end.errno());
            assertEquals(MUCH, end.session().bytesSpliced(), "the other direction");
            assertEquals(1, script.faults(), "the flow does not try again");
            assertEquals(1, rig.snapshot().get(Counter.SPLICE_REFUSALS));
            onlyWarning(rig);
            script.clear();
            assertEquals(2 * MUCH, rig.exchange(MUCH, MUCH).session().bytesSpliced());
            assertEquals(1, rig.snapshot().get(Counter.SPLICE_REFUSALS));
        }
    }

    /** A machine that says EAGAIN every fourth time, whatever there is. */
    @Test
    void whoLiesAtTheStartIsNotReliedOn() {
        script.rule((call, count, fd) -> isSplice(call) && count % 4 == 0 ? Fault.untold(Errno.EAGAIN) : null);
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).start(net, script)) {
            assertEquals(0, rig.exchange(MUCH, MUCH).session().bytesSpliced());
            String warning = onlyWarning(rig);
            assertTrue(warning.contains("cannot be relied on"), warning);
        }
    }
}
