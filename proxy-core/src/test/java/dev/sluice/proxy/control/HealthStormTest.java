package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.config.HealthConfig;
import dev.sluice.proxy.config.HealthPolicy;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.LeakCheck.Descriptors;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Seeds;
import dev.sluice.proxy.testkit.TalkingServer;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Whatever the machine answers to the calls of checks, they go on, and no descriptor is lost. */
class HealthStormTest extends RealSockets {
    private static final Set<Call> CALLS =
            EnumSet.of(Call.SOCKET, Call.SETSOCKOPT, Call.CONNECT, Call.EPOLL_CTL, Call.SEND, Call.RECV, Call.SHUTDOWN);
    private static final List<Integer> ERRORS =
            List.of(Errno.EIO, Errno.ENOMEM, Errno.EMFILE, Errno.EINTR, Errno.ECONNRESET, Errno.EADDRNOTAVAIL);

    @Test
    void checksSurviveAndLoseNothing() {
        Seeds.each(3, this::storm);
    }

    private void storm(long seed) {
        try (TalkingServer server = new TalkingServer(socket -> {
            TalkingServer.hear(socket, 14);
            TalkingServer.say(socket, "+PONG\r\n");
        })) {
            HealthConfig check = HealthConfig.of(new HealthCheck.Redis())
                    .withInterval(Duration.ofMillis(10))
                    .withTimeout(Duration.ofMillis(50));
            Layout layout = Layout.of(1)
                    .upstream("db", server.address())
                    .health("db", HealthPolicy.of(check))
                    .listener("l", Net.LOOPBACK, "db");
            Script script = new Script();
            try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                    .layout(layout)
                    .control(script)
                    .start(net)) {
                SplittableRandom random = new SplittableRandom(seed);
                script.rule((call, count, fd) -> CALLS.contains(call) && random.nextInt(4) == 0
                        ? Fault.error(ERRORS.get(random.nextInt(ERRORS.size())))
                        : null);
                ProxyRig.await("faults", () -> script.faults() > 200);
                script.clear();
                rig.awaitState(server.address(), "up");
                long checks = rig.endpoint(server.address()).health().checks();
                ProxyRig.await(
                        "checks", () -> rig.endpoint(server.address()).health().checks() > checks + 3);
                ProxyRig.await(
                        "a success",
                        () -> rig.endpoint(server.address()).health().passed());
                rig.apply(layout.health("db", HealthPolicy.NONE));
                ProxyRig.await("the server to be left", () -> server.ends.size() == server.accepted());
                Descriptors before = Descriptors.open();
                rig.apply(layout.health("db", HealthPolicy.of(check)));
                ProxyRig.await(
                        "checks", () -> rig.endpoint(server.address()).health().checks() > checks + 9);
                rig.apply(layout.health("db", HealthPolicy.NONE));
                ProxyRig.await("the server to be left", () -> server.ends.size() == server.accepted());
                assertEquals(Map.of(), before.leftOpen());
            }
        }
    }
}
