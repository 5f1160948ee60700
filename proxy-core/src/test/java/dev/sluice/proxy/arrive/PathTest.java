package dev.sluice.proxy.arrive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Errno;
import dev.sluice.linux.TcpInfo;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.LoopSample;
import dev.sluice.proxy.stats.PathSnapshot;
import dev.sluice.proxy.stats.SessionQuery;
import dev.sluice.proxy.stats.SessionSnapshot;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** What the kernel measures of the connections to an endpoint: when it is asked, and what is made of its answers. */
class PathTest extends RealSockets {
    /** How long what was measured is good enough. */
    private static final long GOOD_MILLIS = 1001;

    private static PathSnapshot path(ProxyRig rig) {
        return rig.endpoint(rig.originAddress).path();
    }

    private static SessionSnapshot show(ProxyRig rig) {
        try {
            return rig.proxy
                    .sessions(
                            new SessionQuery(null, null, null, null, SessionQuery.Order.AGE, 1),
                            Duration.ofMillis(Net.PATIENCE_MILLIS))
                    .getFirst()
                    .session();
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private static void answer(Script script, int rttMicros, int retransmits) {
        script.always(Call.TCP_INFO, Fault.answer(TcpInfo.of(rttMicros, retransmits)));
    }

    @Test
    void isMeasuredWhenASessionEnds() {
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).watched().start(net)) {
            SessionSnapshot session = rig.exchange(1000, 1000).session();
            assertTrue(session.rttMicros() > 0, session::toString);
            assertEquals(0, session.retransmits());
            assertEquals(1, rig.script.count(Call.TCP_INFO));
            assertEquals(1, path(rig).rttSamples());
            assertEquals(session.rttMicros(), path(rig).rttMicros());
        }
    }

    @Test
    void costsNothingWhereNobodyWantsToKnow() {
        try (ProxyRig rig = ProxyRig.start(net, RelayMode.SPLICE)) {
            SessionSnapshot session = rig.exchange(1000, 1000).session();
            assertEquals(-1, session.rttMicros());
            assertEquals(-1, session.retransmits());
            assertEquals(0, rig.script.count(Call.TCP_INFO));
            assertEquals(PathSnapshot.NONE, path(rig));
        }
    }

    /** However often a session is looked at, what was sent again counts once. */
    @Test
    void everyRetransmitIsCountedOnce() {
        Script script = new Script();
        try (ProxyRig rig = ProxyRig.plan(RelayMode.COPY).watched().start(net, script)) {
            ProxyRig.Pair pair = rig.open();
            rig.awaitQuiet();
            answer(script, 100, 2);
            assertEquals(2, show(rig).retransmits());
            assertEquals(2, show(rig).retransmits());
            assertEquals(2, path(rig).retransmits());
            answer(script, 400, 5);
            var _ = rig.proxy.sample();
            assertEquals(new PathSnapshot(3, 600, 200, 5), path(rig));
            answer(script, 70, 9);
            pair.both().forEach(Conn::close);
            SessionSnapshot end = rig.awaitEnd().session();
            assertEquals(70, end.rttMicros());
            assertEquals(9, end.retransmits());
            assertEquals(new PathSnapshot(4, 670, 200, 9), path(rig));
            ProxyRig.pause(GOOD_MILLIS);
            var _ = rig.proxy.sample();
            assertEquals(70, path(rig).recentRttMicros());
        }
    }

    /** Of what has no round-trip time yet, of a unix socket, and from a kernel that does not tell. */
    @Test
    void whatIsNotKnownIsNoMeasure() {
        Script script = new Script();
        try (ProxyRig rig = ProxyRig.plan(RelayMode.COPY).watched().start(net, script)) {
            answer(script, 0, 0);
            assertEquals(-1, rig.exchange(10, 10).session().rttMicros());
            script.always(Call.TCP_INFO, Fault.error(Errno.ENOPROTOOPT));
            SessionSnapshot session = rig.exchange(10, 10).session();
            assertEquals(-1, session.rttMicros());
            assertEquals(-1, session.retransmits());
            assertEquals(PathSnapshot.NONE, path(rig));
        }
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .watched()
                .origin(Net.abstractName())
                .start(net)) {
            assertEquals(-1, rig.exchange(10, 10).session().retransmits());
            assertEquals(0, rig.script.count(Call.TCP_INFO));
        }
    }

    /** The sockets are closed, and the end is told. */
    @Test
    void aFaultAtTheEndKeepsNothing() {
        Script script = new Script();
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).watched().start(net, script)) {
            for (Fault fault : List.of(Fault.bug(), Fault.outOfMemory())) {
                ProxyRig.Pair pair = rig.open();
                rig.awaitQuiet();
                script.always(Call.TCP_INFO, fault);
                pair.both().forEach(Conn::close);
                assertEquals(-1, rig.awaitEnd().session().rttMicros());
                script.clear();
            }
        }
    }

    /** A loop asks of some each time, going round. */
    @Test
    void manyAreMeasuredByTurns() {
        int many = Sampling.MOST + 40;
        try (ProxyRig rig = ProxyRig.start(net, RelayMode.SPLICE)) {
            List<ProxyRig.Pair> pairs = new ArrayList<>();
            for (int i = 0; i < many; i++) {
                pairs.add(rig.open());
            }
            rig.awaitQuiet();
            List<LoopSample> first = rig.proxy.sample().loops();
            assertEquals(1, first.size());
            assertEquals(Sampling.MOST, rig.script.count(Call.TCP_INFO));
            var _ = rig.proxy.sample();
            assertEquals(Sampling.MOST, rig.script.count(Call.TCP_INFO), "once a second at most");
            ProxyRig.pause(GOOD_MILLIS);
            var _ = rig.proxy.sample();
            assertEquals(many, rig.script.count(Call.TCP_INFO));
            assertEquals(many, path(rig).rttSamples());
            assertTrue(path(rig).recentRttMicros() > 0);
            ProxyRig.pause(GOOD_MILLIS);
            var _ = rig.proxy.sample();
            assertEquals(many + Sampling.MOST, rig.script.count(Call.TCP_INFO), "from the beginning");
            pairs.forEach(pair -> pair.both().forEach(Conn::close));
        }
    }

    /** A pipe is borrowed as long as bytes are in it, and pooled for a while when they have gone. */
    @Test
    void aLoopTellsOfItsPipes() {
        try (ProxyRig rig = ProxyRig.start(net, RelayMode.SPLICE)) {
            assertEquals(List.of(LoopSample.NONE), rig.proxy.sample().loops());
            ProxyRig.Pair pair = rig.open();
            pair.server().receiveBuffer(4096);
            while (pair.client().write(Net.BUFFER) > 0) {
                rig.awaitQuiet(); // until nothing takes any more
            }
            ProxyRig.pause(GOOD_MILLIS);
            assertEquals(List.of(new LoopSample(1, 0)), rig.proxy.sample().loops());
            pair.both().forEach(Conn::reset);
            rig.awaitEnd();
            rig.exchange(1000, 0);
            ProxyRig.pause(GOOD_MILLIS);
            assertEquals(List.of(new LoopSample(0, 1)), rig.proxy.sample().loops());
        }
    }
}
