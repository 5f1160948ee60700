package dev.sluice.proxy.arrive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.LiveSession;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.stats.SessionId;
import dev.sluice.proxy.stats.SessionQuery;
import dev.sluice.proxy.stats.SessionQuery.Order;
import dev.sluice.proxy.stats.SessionSnapshot;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.Gate;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Stream;
import dev.sluice.proxy.testkit.Traffic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The sessions of a running proxy, seen and ended one by one. */
class LiveSessionsTest extends RealSockets {
    private static final Duration LONG = Duration.ofMillis(Net.PATIENCE_MILLIS);
    /** More than a loop looks at in a turn. */
    private static final int MANY = 2 * Walk.SLOTS_PER_TURN + 50;

    private static SessionQuery all() {
        return query(null, null, null, null, Order.ID, SessionQuery.MAX_LIMIT);
    }

    private static SessionQuery query(
            @Nullable String listener,
            @Nullable String upstream,
            @Nullable Address endpoint,
            @Nullable Address client,
            Order order,
            int limit) {
        return new SessionQuery(listener, upstream, endpoint == null ? null : Set.of(endpoint), client, order, limit);
    }

    private static List<LiveSession> list(ProxyRig rig, SessionQuery query) {
        try {
            return rig.proxy.sessions(query, LONG);
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean close(ProxyRig rig, long id) {
        try {
            return rig.proxy.closeSession(id, LONG);
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private static List<Address> clients(List<LiveSession> sessions) {
        return sessions.stream().map(live -> live.session().client()).toList();
    }

    @Test
    void whatIsKnownOfOne() {
        try (ProxyRig rig = ProxyRig.start(net, RelayMode.SPLICE)) {
            assertEquals(List.of(), list(rig, all()));
            ProxyRig.Pair pair = rig.open();
            Traffic.run(net, pair.client().sending(3000), pair.server().receiving(3000));
            Traffic.run(net, pair.server().sending(500), pair.client().receiving(500));
            rig.awaitQuiet();
            LiveSession live = list(rig, all()).getFirst();
            assertEquals(LiveSession.State.RELAYING, live.state());
            SessionSnapshot session = live.session();
            assertEquals("test", session.listener());
            assertEquals(pair.client().name(), session.client());
            assertEquals("origin", session.upstream());
            assertEquals(rig.originAddress, session.endpoint());
            assertEquals(3000, session.bytesUp());
            assertEquals(500, session.bytesDown());
            assertTrue(session.rttMicros() > 0, session::toString);
            assertEquals(0, session.retransmits());
            pair.client().finish();
            rig.awaitQuiet();
            LiveSession later = list(rig, all()).getFirst();
            assertEquals(LiveSession.State.HALF_CLOSED, later.state());
            assertEquals("half-closed", later.state().toString());
            assertEquals(session.id(), later.session().id());
            assertTrue(later.session().durationMicros() >= session.durationMicros());
            pair.both().forEach(Conn::close);
            assertEquals(session.id(), rig.awaitEnd().session().id());
            assertEquals(List.of(), list(rig, all()));
        }
    }

    @Test
    void onesThatAreOnTheirWayAreSeenAndEnded() {
        Address deaf = net.deaf();
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).upstreams(deaf).start(net)) {
            Conn client = rig.client(Stream.fresh(), Stream.fresh());
            ProxyRig.await("an arrival", () -> !list(rig, all()).isEmpty());
            LiveSession live = list(rig, all()).getFirst();
            assertEquals(LiveSession.State.ARRIVING, live.state());
            assertEquals(deaf, live.session().endpoint());
            assertEquals(1, live.session().tries());
            assertEquals(-1, live.session().connectMicros());
            assertEquals(-1, live.session().rttMicros());
            assertEquals(
                    1, list(rig, query(null, null, deaf, null, Order.AGE, 1)).size());
            assertTrue(close(rig, live.session().id()));
            Traffic.run(net, client.receivingAll());
            assertEquals(Errno.ECONNRESET, client.broke);
            SessionEnd end = rig.awaitEnd();
            assertEquals(EndCause.ADMIN, end.cause());
            assertEquals(0, end.errno());
            assertFalse(close(rig, live.session().id()));
        }
    }

    @Test
    void filters() {
        int other = net.listen(Net.LOOPBACK, 8);
        int third = net.listen(Net.LOOPBACK, 8);
        Layout layout = Layout.of(2)
                .upstream("a", net.nameOf(other))
                .upstream("b", net.nameOf(third))
                .listener("one", Net.LOOPBACK, "a")
                .listener("two", Net.LOOPBACK, "a")
                .listener("three", Net.LOOPBACK, "b");
        try (ProxyRig rig = ProxyRig.plan(RelayMode.COPY).layout(layout).start(net)) {
            ProxyRig.Pair one = rig.open("one", other);
            ProxyRig.Pair two = rig.open("two", other);
            ProxyRig.Pair three = rig.open("three", third);
            ProxyRig.await(
                    "all",
                    () -> list(rig, all()).stream()
                                    .filter(live -> live.state() == LiveSession.State.RELAYING)
                                    .count()
                            == 3);
            Address first = one.client().name();
            Address second = two.client().name();
            Address last = three.client().name();
            assertEquals(List.of(second), clients(list(rig, query("two", null, null, null, Order.ID, 9))));
            assertEquals(
                    Set.of(first, second), Set.copyOf(clients(list(rig, query(null, "a", null, null, Order.ID, 9)))));
            assertEquals(List.of(last), clients(list(rig, query(null, null, net.nameOf(third), null, Order.ID, 9))));
            assertEquals(List.of(first), clients(list(rig, query(null, null, null, first, Order.ID, 9))));
            assertEquals(
                    3,
                    list(rig, query(null, null, null, Net.LOOPBACK, Order.ID, 9))
                            .size(),
                    "of any port");
            assertEquals(List.of(), list(rig, query(null, null, null, new Address.V4(0x7f000002, 0), Order.ID, 9)));
            assertEquals(List.of(), list(rig, query("one", "b", null, null, Order.ID, 9)));
            assertEquals(List.of(), list(rig, query("nobody", null, null, null, Order.ID, 9)));
            assertEquals(List.of(), list(rig, new SessionQuery(null, null, Set.of(), null, Order.ID, 9)));
            for (ProxyRig.Pair pair : List.of(one, two, three)) {
                pair.both().forEach(Conn::close);
            }
        }
    }

    /** One after the other on one loop; of two, each has its own idea of when it accepted, to some microseconds. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void theFirstOfManyInTheOrderThatWasAskedFor(int loops) {
        try (ProxyRig rig = ProxyRig.plan(RelayMode.COPY).threads(loops).start(net)) {
            List<ProxyRig.Pair> pairs = new ArrayList<>();
            List<Address> byAge = new ArrayList<>();
            for (int i = 0; i < MANY; i++) {
                pairs.add(rig.open());
                byAge.add(pairs.getLast().client().name());
            }
            for (int i = 0; i < MANY; i += 100) {
                ProxyRig.Pair pair = pairs.get(i);
                long bytes = 1000L + i;
                Traffic.run(net, pair.client().sending(bytes), pair.server().receiving(bytes));
            }
            rig.awaitQuiet();
            assertEquals(MANY, list(rig, all()).size());
            List<Address> oldest = clients(list(rig, query(null, null, null, null, Order.AGE, MANY)));
            assertEquals(Set.copyOf(byAge), Set.copyOf(oldest));
            if (loops == 1) {
                assertEquals(byAge, oldest);
            }
            assertEquals(oldest.subList(0, 7), clients(list(rig, query(null, null, null, null, Order.AGE, 7))));
            List<LiveSession> busiest = list(rig, query(null, null, null, null, Order.BYTES, 3));
            List<Long> bytes =
                    busiest.stream().map(live -> live.session().bytesUp()).toList();
            assertEquals(List.of(1500L, 1400L, 1300L), bytes);
            List<Long> ids = list(rig, query(null, null, null, null, Order.ID, 300)).stream()
                    .map(live -> live.session().id())
                    .toList();
            assertEquals(300, ids.size());
            assertEquals(ids.stream().sorted().toList(), ids);
            assertEquals(0, SessionId.loop(ids.getFirst()));
            List<LiveSession> both = list(rig, all());
            assertEquals(loops - 1, SessionId.loop(both.getLast().session().id()));
            assertEquals(both, both.stream().sorted(LiveSession.ORDER).toList());
            pairs.forEach(pair -> pair.both().forEach(Conn::close));
            ProxyRig.await("the ends", () -> list(rig, all()).isEmpty());
        }
    }

    @Test
    void oneIsEndedAndTheOthersGoOn() {
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).threads(2).start(net)) {
            List<ProxyRig.Pair> pairs = List.of(rig.open(), rig.open(), rig.open());
            rig.awaitQuiet();
            ProxyRig.Pair chosen = pairs.get(1);
            Address client = chosen.client().name();
            long id = list(rig, query(null, null, null, client, Order.ID, 1))
                    .getFirst()
                    .session()
                    .id();
            assertTrue(close(rig, id));
            Traffic.run(net, chosen.client().receivingAll(), chosen.server().receivingAll());
            assertEquals(Errno.ECONNRESET, chosen.client().broke);
            assertEquals(Errno.ECONNRESET, chosen.server().broke);
            SessionEnd end = rig.awaitEnd();
            assertEquals(EndCause.ADMIN, end.cause());
            assertEquals(id, end.session().id());
            assertFalse(close(rig, id), "it has ended");
            assertFalse(close(rig, new SessionId.Source(1).next() + 4711));
            assertFalse(close(rig, new SessionId.Source(200).next()), "there is no such loop");
            assertEquals(2, list(rig, all()).size());
            rig.finish(pairs.getFirst(), 1000, 2000);
            rig.finish(pairs.getLast(), 1000, 2000);
        }
    }

    /** Half an answer would be a wrong one. */
    @Test
    void aLoopThatDoesNotAnswerIsNotWaitedFor() {
        Gate gate = new Gate();
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).start(net, gate.script())) {
            ProxyRig.Pair pair = rig.open();
            rig.awaitQuiet();
            gate.shut();
            TimeoutException silent =
                    assertThrows(TimeoutException.class, () -> rig.proxy.sessions(all(), Duration.ofMillis(100)));
            assertEquals("sluice-loop-0 does not answer", silent.getMessage());
            assertThrows(TimeoutException.class, () -> rig.proxy.closeSession(4711, Duration.ofMillis(100)));
            gate.open();
            assertEquals(1, list(rig, all()).size());
            pair.both().forEach(Conn::close);
        }
    }

    /** Who cannot be shown lives on. */
    @Test
    void whatGoesWrongIsNoMatterOfTheSessions() {
        Script script = new Script();
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).start(net, script)) {
            ProxyRig.Pair pair = rig.open();
            rig.awaitQuiet();
            for (Fault fault : List.of(Fault.bug(), Fault.outOfMemory())) {
                script.always(Call.TCP_INFO, fault);
                IllegalStateException failed =
                        assertThrows(IllegalStateException.class, () -> rig.proxy.sessions(all(), LONG));
                assertTrue(String.valueOf(failed.getMessage()).contains("sluice-loop-0"), failed::toString);
                script.clear();
            }
            assertEquals(1, list(rig, all()).size());
            rig.finish(pair, 1000, 1000);
        }
    }
}
