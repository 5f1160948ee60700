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
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Seeds;
import dev.sluice.proxy.testkit.Stream;
import dev.sluice.proxy.testkit.Traffic;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Many sessions at once while any call may fail. */
class FaultStormTest extends RealSockets {
    private static final int ROUNDS = 40;
    private static final int SESSIONS = 8; // at once
    private static final int MOST_BYTES = 200_000;

    /** Out of a thousand calls. */
    private static final int HARMLESS = 40;

    private static final int HARMFUL = 3;
    /** Of calls that a session makes once or twice: else a storm might pass without one. */
    private static final int HARMFUL_RARE = 15;

    private static final Fault[] TRANSFER_HARMLESS = {
        Fault.error(Errno.EAGAIN), Fault.error(Errno.EINTR), Fault.shortened(1), Fault.shortened(3000)
    };

    /** A session under way, and the ends that the test has of it: the origin's may be missing. */
    private record Open(Conn client, List<Conn> server, int up, int down) {}

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void survives(RelayMode relay) {
        Seeds.each(1, seed -> storm(relay, seed));
    }

    private void storm(RelayMode relay, long seed) {
        Script script = new Script();
        try (ProxyRig rig = ProxyRig.plan(relay).threads(2).start(net, script)) {
            SplittableRandom random = new SplittableRandom(seed);
            Map<EndCause, Integer> causes = new HashMap<>();
            for (int round = 0; round < ROUNDS; round++) {
                script.rule((call, count, fd) -> decide(call, mix(seed, call, count)));
                round(rig, random, causes);
            }
            script.clear();
            assertTrue(script.faults() > 100, "hardly a storm");
            assertTrue(causes.size() > 2, causes::toString);
            assertTrue(rig.ends.isEmpty(), "sessions that ended twice");
            rig.exchange(MOST_BYTES, MOST_BYTES);
        }
    }

    private static void round(ProxyRig rig, SplittableRandom random, Map<EndCause, Integer> causes) {
        List<Open> sessions = new ArrayList<>();
        for (int i = 0; i < SESSIONS; i++) {
            Stream up = Stream.fresh();
            Stream down = Stream.fresh();
            Conn client = rig.client(up, down);
            Conn server = rig.serverUnlessCut(client, up, down);
            sessions.add(new Open(
                    client,
                    server == null ? List.of() : List.of(server),
                    random.nextInt(MOST_BYTES),
                    random.nextInt(MOST_BYTES)));
        }
        List<Traffic.Task> tasks = new ArrayList<>();
        for (Open session : sessions) {
            tasks.add(session.client.sendingAll(session.up));
            tasks.add(session.client.receivingAll());
            for (Conn server : session.server) {
                tasks.add(server.sendingAll(session.down));
                tasks.add(server.receivingAll());
            }
        }
        Traffic.run(rig.net, tasks);
        Map<String, SessionEnd> ends = new HashMap<>();
        for (int i = 0; i < SESSIONS; i++) {
            SessionEnd end = rig.awaitEnd();
            causes.merge(end.cause(), 1, Integer::sum);
            ends.put(end.session().client().toString(), end);
        }
        assertEquals(SESSIONS, ends.size());
        for (Open session : sessions) {
            SessionEnd end = ends.get(session.client.name().toString());
            for (Conn server : session.server) {
                // Whom the script made look like reset has not in truth, and need not be told.
                if (end == null || end.cause() != EndCause.CLIENT_RESET) {
                    ProxyRig.assertHonest(session.client, server);
                }
                if (end == null || end.cause() != EndCause.UPSTREAM_RESET) {
                    ProxyRig.assertHonest(server, session.client);
                }
                server.close();
            }
            session.client.close();
        }
    }

    private static long mix(long seed, Call call, long count) {
        return new SplittableRandom(seed ^ (count << 8) ^ call.name().hashCode()).nextLong();
    }

    private static @Nullable Fault decide(Call call, long dice) {
        int thousandth = (int) Long.remainderUnsigned(dice, 1000);
        int which = (int) (dice >>> 40) & 3;
        int most = call == Call.CONNECT || call == Call.SHUTDOWN ? HARMFUL_RARE : HARMFUL;
        return thousandth < most ? harmful(call) : thousandth < most + HARMLESS ? harmless(call, which) : null;
    }

    private static @Nullable Fault harmful(Call call) {
        return switch (call) {
            case SPLICE_IN, SPLICE_OUT, RECV, SEND -> Fault.error(Errno.ENOMEM);
            case CONNECT -> Fault.error(Errno.ECONNREFUSED);
            case SOCKET -> Fault.error(Errno.EMFILE);
            case SHUTDOWN -> Fault.error(Errno.ENOTCONN);
            case EPOLL_CTL -> Fault.error(Errno.ENOSPC);
            case GETSOCKOPT -> Fault.answer(0);
            default -> null;
        };
    }

    private static @Nullable Fault harmless(Call call, int which) {
        return switch (call) {
            case SPLICE_IN, SPLICE_OUT, RECV, SEND -> TRANSFER_HARMLESS[which];
            case EPOLL_WAIT, ACCEPT -> Fault.error(Errno.EINTR);
            case PIPE -> Fault.error(Errno.EMFILE);
            case SET_PIPE_SIZE -> Fault.error(Errno.EPERM);
            case CLOSE, CONNECT -> Fault.after(Errno.EINTR);
            default -> null;
        };
    }
}
