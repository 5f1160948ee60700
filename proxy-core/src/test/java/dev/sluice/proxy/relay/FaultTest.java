package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.LeakCheck;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Stream;
import dev.sluice.proxy.testkit.Traffic;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every call that a loop makes fails once, at every place of a small session, in every way that it can. */
class FaultTest extends RealSockets {
    private static final int UP = 150_000;
    private static final int DOWN = 60_000;
    /** Most calls that a session of this size may need, whatever the order of events. More would be spinning. */
    private static final int MOST_CALLS = 500;

    private static final int LAST_PLACE = 12;

    private static final Set<EndCause> RESET = Set.of(EndCause.CLIENT_RESET, EndCause.UPSTREAM_RESET);
    private static final Set<EndCause> SHORT = Set.of(EndCause.NO_RESOURCES);
    private static final Set<EndCause> FAILED = Set.of(EndCause.CONNECT_FAILED);

    /**
     * One way to fail.
     *
     * @param errno what the session ends with, 0 when it must not notice
     * @param causes what it may be called
     */
    private record Case(Call call, Fault fault, int errno, Set<EndCause> causes) {}

    private static final List<Case> CASES = new ArrayList<>();

    static {
        unnoticed(Call.EPOLL_WAIT, Errno.EINTR);
        unnoticed(Call.PIPE, Errno.EMFILE, Errno.ENFILE);
        unnoticed(Call.SET_PIPE_SIZE, Errno.EPERM, Errno.EBUSY);
        unnoticed(Call.GET_PIPE_SIZE, Fault.answer(4096));
        unnoticed(Call.SETSOCKOPT, Errno.ENOPROTOOPT);
        unnoticed(Call.GETSOCKNAME, Errno.ENOBUFS);
        unnoticed(Call.CONNECT, Fault.after(Errno.EINTR));
        unnoticed(Call.CLOSE, Fault.after(Errno.EINTR));
        unnoticed(Call.CLOSE, Fault.after(Errno.EIO));
        unnoticed(Call.ACCEPT, Errno.EINTR, Errno.EAGAIN, Errno.ECONNABORTED, Errno.EPROTO);
        unnoticed(Call.ACCEPT, Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM);
        for (Call call : List.of(Call.SPLICE_IN, Call.SPLICE_OUT, Call.RECV, Call.SEND)) {
            unnoticed(call, Errno.EINTR, Errno.EAGAIN);
            unnoticed(call, Fault.shortened(1));
            unnoticed(call, Fault.shortened(1000));
            ends(call, SHORT, Errno.ENOMEM, Errno.ENOBUFS);
            ends(call, RESET, Errno.ECONNRESET, Errno.ETIMEDOUT, Errno.EHOSTUNREACH);
        }
        ends(Call.SPLICE_OUT, RESET, Errno.EPIPE);
        ends(Call.SEND, RESET, Errno.EPIPE);
        // That is how it hears of a reset.
        CASES.add(new Case(Call.SHUTDOWN, Fault.error(Errno.ENOTCONN), Errno.ECONNRESET, RESET));
        ends(Call.EPOLL_CTL, SHORT, Errno.ENOMEM, Errno.ENOSPC);
        ends(Call.SOCKET, SHORT, Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM);
        ends(Call.SOCKET, FAILED, Errno.EAFNOSUPPORT);
        ends(Call.CONNECT, SHORT, Errno.ENOBUFS);
        ends(Call.CONNECT, FAILED, Errno.ECONNREFUSED, Errno.ENETUNREACH, Errno.EADDRNOTAVAIL, Errno.EACCES);
        ends(Call.CONNECT, Set.of(EndCause.CONNECT_TIMEOUT), Errno.ETIMEDOUT);
    }

    private static void unnoticed(Call call, int... errnos) {
        for (int errno : errnos) {
            unnoticed(call, Fault.error(errno));
        }
    }

    private static void unnoticed(Call call, Fault fault) {
        CASES.add(new Case(call, fault, 0, Set.of(EndCause.CLIENT_CLOSED, EndCause.UPSTREAM_CLOSED)));
    }

    private static void ends(Call call, Set<EndCause> causes, int... errnos) {
        for (int errno : errnos) {
            CASES.add(new Case(call, Fault.error(errno), errno, causes));
        }
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void everyCallFailsOnce(RelayMode relay) {
        Map<Call, Long> calls = callsOfOneSession(relay);
        for (Case failing : CASES) {
            long places = Math.min(calls.getOrDefault(failing.call, 0L), LAST_PLACE);
            long failed = 0;
            for (int k = 1; k <= places; k++) {
                try {
                    failed += fail(relay, failing, k);
                } catch (AssertionError e) {
                    throw new AssertionError(failing.call + " " + failing.fault + " at call " + k + ": " + e, e);
                }
            }
            assertTrue(places == 0 || failed > 0, () -> failing + " was never tried");
        }
    }

    private Map<Call, Long> callsOfOneSession(RelayMode relay) {
        Map<Call, Long> calls = new EnumMap<>(Call.class);
        try (ProxyRig rig = ProxyRig.start(net, relay)) {
            rig.awaitQuiet();
            for (Call call : Call.values()) {
                calls.put(call, -rig.script.count(call));
            }
            rig.exchange(UP, DOWN);
            for (Call call : Call.values()) {
                calls.merge(call, rig.script.count(call), Long::sum);
            }
        }
        return calls;
    }

    private long fail(RelayMode relay, Case failing, int k) {
        LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
        Script script = new Script();
        try (ProxyRig rig = ProxyRig.plan(relay)
                .upstream(upstream -> upstream.withRetries(0))
                .start(net, script)) {
            // The listener is watched by then, so that epoll_ctl is called for sessions only.
            ProxyRig.await("a loop that waits", () -> script.count(Call.EPOLL_WAIT) > 1);
            long calls = script.total();
            script.once(failing.call, k, failing.fault);
            session(rig, failing);
            script.clear();
            long made = script.total() - calls;
            assertTrue(made < MOST_CALLS, () -> "spinning: " + script);
            rig.exchange(1000, 1000);
        }
        assertEquals(Map.of(), before.leftOpen(), "left open");
        return script.faults();
    }

    private static void session(ProxyRig rig, Case failing) {
        Stream up = Stream.fresh();
        Stream down = Stream.fresh();
        Conn client = rig.client(up, down);
        Conn server = rig.serverUnlessCut(client, up, down);
        if (server == null) {
            Traffic.run(rig.net, client.receivingAll());
            assertTrue(client.broke != 0, "a client that was never connected saw an end");
        } else {
            Traffic.run(
                    rig.net,
                    client.sendingAll(UP),
                    server.receivingAll(),
                    server.sendingAll(DOWN),
                    client.receivingAll());
            server.close();
        }
        client.close();
        SessionEnd end = rig.awaitEnd();
        boolean noticed = end.errno() != 0;
        if (noticed) {
            assertEquals(1, rig.script.faults());
            assertEquals(Errno.name(failing.errno), Errno.name(end.errno()));
            assertTrue(failing.causes.contains(end.cause()), end::toString);
        }
        if (server != null) {
            // Who is said to have reset has not in truth, and need not be told.
            if (!noticed || end.cause() != EndCause.CLIENT_RESET) {
                ProxyRig.assertHonest(client, server);
            }
            if (!noticed || end.cause() != EndCause.UPSTREAM_RESET) {
                ProxyRig.assertHonest(server, client);
            }
            if (!noticed) {
                ProxyRig.assertWhole(new ProxyRig.Pair(client, server), UP, DOWN);
            }
        }
    }

    /** A pipe has sixteen slots, and small pieces may fill them all: what is left in the socket must not wait for an event. */
    @Test
    void aPipeFullOfAFewBytesIsNotAnEmptySocket() {
        Script script = new Script();
        for (int bytes : new int[] {16, 17, 100}) {
            script.always(Call.SPLICE_IN, Fault.full(bytes));
            try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).start(net, script)) {
                ProxyRig.Pair pair = rig.open();
                rig.awaitQuiet();
                for (Conn from : pair.both()) {
                    // In one piece and without an end behind it, so that there is one event for all.
                    assertEquals(3000, from.write(3000));
                    Traffic.run(
                            net, pair.both().get(from == pair.client() ? 1 : 0).receiving(3000));
                }
            }
        }
    }
}
