package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.ReportSettings;
import dev.sluice.proxy.config.Timeouts;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.stats.SessionReport;
import dev.sluice.proxy.stats.SessionSnapshot;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Traffic;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What sessions tell of themselves while they live, and when the first bytes went. */
class ReportTest extends RealSockets {
    private static final Duration SECOND = ReportSettings.MIN_INTERVAL;

    private Layout layout(int origin, ReportSettings reports, Duration idle) {
        return Layout.of(1)
                .upstream("db", net.nameOf(origin))
                .listener(ListenerConfig.of("in", EndpointAddress.parse("127.0.0.1:0"), "db")
                        .withTimeouts(Timeouts.DEFAULTS.withIdle(idle).withHalfClose(Duration.ofSeconds(3)))
                        .withReports(reports));
    }

    private static SessionReport next(ProxyRig rig) {
        try {
            SessionReport report = rig.reports.poll(10, TimeUnit.SECONDS);
            assertTrue(report != null, "nothing is told");
            return report;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void pass(Conn from, Conn to, int bytes) {
        Traffic.run(net, from.sending(from.sent + bytes), to.receiving(to.received + bytes));
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void whenTheFirstBytesWent(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.plan(relay).start(net)) {
            ProxyRig.Pair pair = rig.open();
            ProxyRig.pause(30);
            pass(pair.client(), pair.server(), 10);
            pass(pair.client(), pair.server(), 100_000);
            ProxyRig.pause(30);
            pass(pair.server(), pair.client(), 1);
            pass(pair.server(), pair.client(), 1);
            pair.both().forEach(Conn::close);
            SessionSnapshot session = rig.awaitEnd().session();
            assertEquals(1, session.tries());
            assertTrue(session.connectMicros() + 29_000 <= session.firstUpMicros(), session::toString);
            assertTrue(session.firstUpMicros() + 29_000 <= session.firstDownMicros(), session::toString);
            assertTrue(session.firstDownMicros() <= session.durationMicros(), session::toString);
        }
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void withoutAByteThereIsNoFirst(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.plan(relay).start(net)) {
            ProxyRig.Pair pair = rig.open();
            pass(pair.server(), pair.client(), 1);
            pair.both().forEach(Conn::close);
            SessionSnapshot session = rig.awaitEnd().session();
            assertEquals(-1, session.firstUpMicros());
            assertTrue(session.firstDownMicros() >= session.connectMicros(), session::toString);
        }
    }

    @Test
    void nothingIsToldUnlessItIsAskedFor() {
        int origin = net.listen(Net.LOOPBACK, 8);
        Layout layout = layout(origin, ReportSettings.NONE, Duration.ofHours(1));
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).layout(layout).start(net)) {
            ProxyRig.Pair pair = rig.open("in", origin);
            ProxyRig.pause(1200);
            pair.both().forEach(Conn::close);
            rig.awaitEnd();
            assertNull(rig.reports.poll());
        }
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void thatItHasBegun(RelayMode relay) {
        int origin = net.listen(Net.LOOPBACK, 8);
        Layout layout = layout(origin, new ReportSettings(true, Duration.ZERO), Duration.ofHours(1));
        try (ProxyRig rig = ProxyRig.plan(relay).layout(layout).start(net)) {
            ProxyRig.Pair pair = rig.open("in", origin);
            SessionReport.Start start = assertInstanceOf(SessionReport.Start.class, next(rig));
            assertEquals("db", start.session().upstream());
            assertEquals(net.nameOf(origin), start.session().endpoint());
            assertEquals(1, start.session().tries());
            assertTrue(start.session().connectMicros() >= 0, start::toString);
            assertEquals(0, start.session().bytesUp() + start.session().bytesDown());
            pair.both().forEach(Conn::close);
            SessionEnd end = rig.awaitEnd();
            assertEquals(start.session().id(), end.session().id());
            assertNull(rig.reports.poll());
        }
    }

    /** Idle, half closed, and beside a deadline that comes first. */
    @Test
    void thatItLives() {
        int origin = net.listen(Net.LOOPBACK, 8);
        Layout layout = layout(origin, new ReportSettings(false, SECOND), Duration.ZERO);
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).layout(layout).start(net)) {
            ProxyRig.Pair pair = rig.open("in", origin);
            pass(pair.client(), pair.server(), 10);
            assertLives(next(rig), 1, 10);
            pass(pair.client(), pair.server(), 10);
            assertLives(next(rig), 2, 20);
            Traffic.run(net, pair.client().sendingAll(30), pair.server().receivingAll());
            assertLives(next(rig), 3, 30);
            assertLives(next(rig), 4, 30);
            SessionEnd end = rig.awaitEnd(); // half closed for three seconds
            assertEquals(EndCause.HALF_CLOSE_TIMEOUT, end.cause());
            pair.both().forEach(Conn::close);
        }
    }

    private static void assertLives(SessionReport report, int seconds, long up) {
        SessionSnapshot session =
                assertInstanceOf(SessionReport.Interval.class, report).session();
        long micros = session.durationMicros() - seconds * 1_000_000L;
        assertTrue(micros >= 0 && micros < 900_000, session::toString);
        assertEquals(up, session.bytesUp());
    }

    @Test
    void ofSessionsThatBeginUnderAnotherConfiguration() {
        int origin = net.listen(Net.LOOPBACK, 8);
        Layout layout = layout(origin, ReportSettings.NONE, Duration.ofHours(1));
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).layout(layout).start(net)) {
            ProxyRig.Pair before = rig.open("in", origin);
            rig.apply(layout(origin, new ReportSettings(true, SECOND), Duration.ofHours(1)));
            ProxyRig.Pair after = rig.open("in", origin);
            long id = assertInstanceOf(SessionReport.Start.class, next(rig))
                    .session()
                    .id();
            for (int i = 0; i < 2; i++) {
                assertEquals(
                        id,
                        assertInstanceOf(SessionReport.Interval.class, next(rig))
                                .session()
                                .id());
            }
            before.both().forEach(Conn::close);
            after.both().forEach(Conn::close);
        }
    }
}
