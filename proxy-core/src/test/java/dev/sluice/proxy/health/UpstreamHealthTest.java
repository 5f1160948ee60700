package dev.sluice.proxy.health;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.AdminState;
import dev.sluice.proxy.config.Balancing;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.config.HealthConfig;
import dev.sluice.proxy.config.HealthPolicy;
import dev.sluice.proxy.config.HealthPolicy.OnDown;
import dev.sluice.proxy.config.RoleCheck;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.config.WhenDown;
import dev.sluice.proxy.roles.Asking;
import dev.sluice.proxy.roles.RoleClient;
import dev.sluice.proxy.roles.RoleException;
import dev.sluice.proxy.roles.ServerRole;
import dev.sluice.proxy.stats.EndpointChange;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.upstream.Endpoint;
import dev.sluice.proxy.upstream.Group;
import dev.sluice.proxy.upstream.Upstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is said of the endpoints of an upstream together, and what is told of it. */
class UpstreamHealthTest extends RealSockets {
    private final ProbeRig rig = new ProbeRig();
    private final List<EndpointChange> changes = new ArrayList<>();
    private final HealthKeeper keeper = new HealthKeeper(rig.context, new HealthKeeper.Listener() {
        @Override
        public void changed(EndpointChange change) {
            changes.add(change);
        }

        @Override
        public void wentDown(Endpoint endpoint, OnDown policy) {}
    });

    @AfterEach
    void close() {
        keeper.stop();
        keeper.close();
        rig.close();
    }

    private void follow(HealthPolicy policy, Upstream upstream) {
        UpstreamConfig config = UpstreamConfig.of(
                        "db", List.of(dev.sluice.proxy.config.EndpointAddress.parse("127.0.0.1:80")))
                .withHealth(policy);
        keeper.follow(keeper.plan(List.of(config), Map.of("db", upstream)));
    }

    private final Group group = new Group("db", 1);

    private Upstream upstream(Upstream.Member... members) {
        return new Upstream(group, List.of(members), Balancing.DEFAULTS, TcpSettings.DEFAULTS, WhenDown.REFUSE);
    }

    private Endpoint endpoint(Address address) {
        return new Endpoint(group, address);
    }

    @Test
    void theAddressesOfOneMemberAreOneServer() {
        Address listens = net.nameOf(net.listen(dev.sluice.proxy.testkit.Net.LOOPBACK, 8));
        Endpoint one = endpoint(listens);
        Endpoint same = endpoint(new Address.V4(0x7f000001, listens.port()));
        HealthConfig check = HealthConfig.of(new HealthCheck.Tcp()).withRise(1);
        follow(
                HealthPolicy.of(check).withAtMost(1),
                upstream(
                        new Upstream.Member(List.of(one, same)),
                        new Upstream.Member(List.of(endpoint(net.refusing())))));
        rig.loops.until("both", () -> one.state() == Endpoint.State.UP && same.state() == Endpoint.State.UP);
        rig.loops.turnFor(100);
        assertEquals(Endpoint.State.UP, one.state());
    }

    @Test
    void aShortageIsNoFailureAndIsWarnedOfOnce() {
        Endpoint one = endpoint(net.refusing());
        rig.budget.claim(ProbeRig.DESCRIPTORS);
        HealthConfig check = HealthConfig.of(new HealthCheck.Tcp())
                .withInterval(java.time.Duration.ofMillis(10))
                .withFall(1);
        follow(HealthPolicy.of(check), upstream(new Upstream.Member(List.of(one))));
        rig.loops.until("checks", () -> one.health().skippedChecks() > 3);
        assertEquals(Endpoint.State.UP, one.state());
        assertEquals(0, one.health().checks());
        assertEquals(
                List.of("endpoint db/" + one.address()
                        + " is not asked: too many open files in this process (EMFILE); it stays up"),
                rig.loops.warnings);
        rig.budget.release(ProbeRig.DESCRIPTORS);
        rig.loops.until("a check", () -> one.state() == Endpoint.State.DOWN);
    }

    @Test
    void whatChangesAllTheTimeIsToldOfFiveTimes() {
        Endpoint one = endpoint(net.refusing());
        follow(HealthPolicy.NONE, upstream(new Upstream.Member(List.of(one))));
        for (int i = 0; i < 10; i++) {
            keeper.byHand("db", one.address(), i % 2 == 0 ? AdminState.DOWN : AdminState.UP);
        }
        assertEquals(5, changes.size());
        assertEquals("set by hand", changes.getFirst().reason());
    }

    private volatile ServerRole role = ServerRole.primary();
    private volatile boolean refusing;

    private Endpoint askedForItsRole(int fall) {
        rig.roles = (server, check) -> new RoleClient() {
            @Override
            public ServerRole ask(Asking asking) throws RoleException {
                if (refusing) {
                    throw new RoleException("refuses with 28P01", false);
                }
                return role;
            }

            @Override
            public void close() {}
        };
        Endpoint one = endpoint(net.refusing());
        HealthConfig check = HealthConfig.of(new RoleCheck(
                        RoleCheck.Database.POSTGRES, RoleCheck.Role.PRIMARY, Duration.ZERO, "u", null, null))
                .withInterval(Duration.ofMillis(10))
                .withTimeout(Duration.ofSeconds(5))
                .withFall(fall);
        follow(HealthPolicy.of(check), upstream(new Upstream.Member(List.of(one))));
        return one;
    }

    /** Whatever `fall` says; what may be chance is counted still. And nobody gets anything before it was asked. */
    @Test
    void aWrongRoleCountsAtOnce() {
        Endpoint one = askedForItsRole(1000);
        assertEquals(Endpoint.State.DOWN, one.state());
        rig.loops.until("it to be up", () -> one.state() == Endpoint.State.UP);
        role = ServerRole.replica(null);
        rig.loops.until("it to be down", () -> one.state() == Endpoint.State.DOWN);
        assertEquals("is a replica, not a primary", changes.getLast().reason());
        role = ServerRole.primary();
        rig.loops.until("it to be up", () -> one.state() == Endpoint.State.UP);
        refusing = true;
        long before = one.health().failedChecks();
        rig.loops.until("failures", () -> one.health().failedChecks() > before + 3);
        assertEquals(Endpoint.State.UP, one.state());
        assertEquals(List.of(), rig.loops.warnings);
    }

    @Test
    void whyOneIsNeverUpIsToldOnce() {
        refusing = true;
        Endpoint one = askedForItsRole(1);
        rig.loops.until("checks", () -> one.health().failedChecks() > 3);
        assertEquals(List.of("endpoint db/" + one.address() + " stays down: refuses with 28P01"), rig.loops.warnings);
        assertEquals(List.of(), changes);
    }
}
