package dev.sluice.proxy.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.WhenDown;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.LeakCheck;
import dev.sluice.proxy.testkit.LoopRig;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.upstream.Endpoint.Count;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The only endpoint that takes connections refuses one, since it is being started again perhaps. */
class RestTest extends RealSockets {
    private static final long MILLI = 1_000_000;

    private final Group group = new Group("test", 1);
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

    private Upstream upstream(int retries, Address... addresses) {
        List<Upstream.Member> members = Stream.of(addresses)
                .map(address -> new Upstream.Member(List.of(new Endpoint(group, address))))
                .toList();
        return Caller.upstream(group, members, retries, WhenDown.REFUSE);
    }

    private Caller call(Upstream upstream) {
        return new Caller(rig, context, upstream, Caller.PATIENT).start();
    }

    /** Has been refused, and waits. */
    private Caller refused(Upstream upstream) {
        Caller caller = call(upstream);
        rig.until("a refusal", () -> sum(upstream, Count.FAILURES) > 0);
        assertFalse(caller.isTold());
        assertTrue(caller.connector.isWaiting());
        assertEquals(0, sum(upstream, Count.SESSIONS), "it has no place while it waits");
        return caller;
    }

    private static long sum(Upstream upstream, Count what) {
        return upstream.endpoints().mapToLong(endpoint -> endpoint.sum(what)).sum();
    }

    @Test
    void isTriedAgainAfterASecond() {
        for (Address address : List.of(Net.unused(), Net.abstractName())) {
            Upstream upstream = upstream(2, address);
            long begun = rig.loop().now();
            Caller caller = refused(upstream);
            net.listen(address, 8);
            rig.until("the connection", caller::isConnected);
            long waited = caller.toldAt - begun;
            assertTrue(waited >= 1000 * MILLI && waited < 1900 * MILLI, () -> waited + " ns");
            assertEquals(1, sum(upstream, Count.FAILURES));
            caller.hangUp();
        }
    }

    @Test
    void noOftenerThanTheRetriesSay() {
        LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
        for (int retries = 0; retries < 3; retries++) {
            Upstream upstream = upstream(retries, net.refusing());
            long begun = rig.loop().now();
            Caller caller = call(upstream);
            rig.until("the end", caller::isTold);
            assertEquals(EndCause.CONNECT_FAILED, caller.cause);
            assertEquals(Errno.ECONNREFUSED, caller.errno);
            assertEquals(1 + retries, sum(upstream, Count.FAILURES));
            assertTrue(caller.toldAt - begun >= retries * Connector.REST_NANOS);
        }
        assertEquals(Map.of(), before.leftOpen());
    }

    @Test
    void whereThereAreOthersTheyAreTriedAndThatIsAll() {
        Upstream upstream = upstream(5, net.refusing(), net.refusing());
        long begun = rig.loop().now();
        Caller caller = call(upstream);
        rig.until("the end", caller::isTold);
        assertEquals(2, sum(upstream, Count.FAILURES));
        assertTrue(caller.toldAt - begun < 900 * MILLI);
    }

    /** Who is down is no other one; and who comes up meanwhile is. */
    @Test
    void whoeverTakesConnectionsByThen() {
        Upstream upstream = upstream(1, net.refusing(), net.nameOf(net.listen(Net.LOOPBACK, 8)));
        Endpoint refusing = Caller.endpoint(upstream, 0);
        Endpoint other = Caller.endpoint(upstream, 1);
        other.state(Endpoint.State.DOWN);
        Caller caller = refused(upstream);
        refusing.state(Endpoint.State.DOWN);
        other.state(Endpoint.State.UP);
        rig.until("the connection", caller::isConnected);
        assertSame(other, caller.endpoint);
        caller.hangUp();
    }

    /** The configuration has other endpoints by then. */
    @Test
    void goesWhereNewOnesGo() {
        Upstream upstream = upstream(2, net.refusing());
        Caller caller = refused(upstream);
        Upstream next = upstream(2, net.nameOf(net.listen(Net.LOOPBACK, 8)));
        group.state().renew(next);
        rig.until("the connection", caller::isConnected);
        assertEquals(1, sum(upstream, Count.FAILURES));
        assertEquals(1, sum(next, Count.CONNECTED));
        caller.hangUp();
    }

    @Test
    void notIfThereIsNoTimeForThat() {
        Upstream upstream = upstream(5, net.refusing());
        ConnectSettings brief = new ConnectSettings(60_000 * MILLI, 900 * MILLI, TcpSettings.DEFAULTS);
        long begun = rig.loop().now();
        Caller caller = new Caller(rig, context, upstream, brief).start();
        rig.until("the end", caller::isTold);
        assertEquals(1, sum(upstream, Count.FAILURES));
        assertTrue(caller.toldAt - begun < 800 * MILLI, "nor is anybody kept for nothing");
    }

    /** It has had its time. */
    @Test
    void notOneThatDoesNotAnswer() {
        Upstream upstream = upstream(5, net.deaf());
        ConnectSettings brief = new ConnectSettings(100 * MILLI, 60_000 * MILLI, TcpSettings.DEFAULTS);
        Caller caller = new Caller(rig, context, upstream, brief).start();
        rig.until("the end", caller::isTold);
        assertEquals(EndCause.CONNECT_TIMEOUT, caller.cause);
        assertEquals(1, sum(upstream, Count.FAILURES));
    }

    /** Somebody was there. */
    @Test
    void notOneThatResetsAtOnce() {
        int origin = net.listen(Net.LOOPBACK, 8);
        Upstream upstream = upstream(5, net.nameOf(origin));
        rig.script.once(Call.CONNECT, 1, Fault.followed(() -> net.reset(net.accept(origin))));
        Caller caller = call(upstream);
        rig.until("the end", caller::isTold);
        assertEquals(Errno.ECONNRESET, caller.errno);
        assertEquals(1, sum(upstream, Count.FAILURES));
    }

    /** A short time for an attempt is a short rest. */
    @Test
    void afterAsLongAsAnAttemptHas() {
        Upstream upstream = upstream(3, net.refusing());
        ConnectSettings brief = new ConnectSettings(50 * MILLI, 60_000 * MILLI, TcpSettings.DEFAULTS);
        long begun = rig.loop().now();
        Caller caller = new Caller(rig, context, upstream, brief).start();
        rig.until("the end", caller::isTold);
        long took = caller.toldAt - begun;
        assertTrue(took >= 150 * MILLI && took < 900 * MILLI, () -> took + " ns");
        assertEquals(4, sum(upstream, Count.FAILURES));
    }

    @Test
    void pausedMeanwhileItIsHeld() {
        Address address = Net.unused();
        Upstream upstream = upstream(1, address);
        Caller caller = refused(upstream);
        group.state().pause(true);
        rig.until("it to be held", () -> group.state().held() == 1);
        net.listen(address, 8);
        group.state().pause(false);
        context.wake(group.state());
        rig.until("the connection", caller::isConnected);
        assertEquals(1, sum(upstream, Count.FAILURES));
        caller.hangUp();
        assertEquals(0, group.state().held());
    }

    @Test
    void whoLeavesMeanwhileLeavesNothing() {
        Upstream upstream = upstream(1, net.refusing());
        Caller caller = refused(upstream);
        caller.connector.cancel();
        rig.turnFor(1100);
        assertFalse(caller.isTold());
        assertEquals(1, sum(upstream, Count.FAILURES));
    }

    @Test
    void whoIsHurriedMeanwhileEndsInTime() {
        Upstream upstream = upstream(1, net.refusing());
        Caller caller = refused(upstream);
        long until = rig.loop().now() + 50 * MILLI;
        caller.connector.hurry(until);
        rig.until("the end", caller::isTold);
        assertEquals(Errno.ECANCELED, caller.errno);
        assertTrue(caller.toldAt - until >= 0 && caller.toldAt - until < 700 * MILLI);
        assertEquals(1, sum(upstream, Count.FAILURES));
    }
}
