package dev.sluice.proxy.health;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.AdminState;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.config.HealthConfig;
import dev.sluice.proxy.config.HealthPolicy;
import dev.sluice.proxy.config.HealthPolicy.OnDown;
import dev.sluice.proxy.config.OutlierConfig;
import dev.sluice.proxy.health.dialogue.AgentOrders;
import dev.sluice.proxy.health.dialogue.Verdict;
import dev.sluice.proxy.stats.EndpointChange;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Seeds;
import dev.sluice.proxy.upstream.Endpoint;
import dev.sluice.proxy.upstream.Endpoint.State;
import dev.sluice.proxy.upstream.Sources;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What follows from checks, agents, people and ejections together, against a table of all that is known. */
class EndpointHealthTest extends RealSockets {
    private static final int MEMBERS = 4;

    private final ProbeRig rig = new ProbeRig();

    @AfterEach
    void close() {
        rig.close();
    }

    /** What a test knows of one endpoint. */
    private static final class Known {
        AdminState byHand = AdminState.NONE;
        boolean up = true;
        boolean maint;
        boolean drain;
        int percent = 100;
        boolean ejected;

        boolean isHealthy() {
            return (byHand == AdminState.NONE || byHand == AdminState.UP) && up && !maint;
        }

        State expected(boolean tooMany) {
            return switch (byHand) {
                case UP -> State.UP;
                case DOWN -> State.DOWN;
                case DRAIN -> State.DRAIN;
                case NONE -> {
                    if (maint || !up || tooMany || ejected) {
                        yield State.DOWN;
                    }
                    yield drain || percent == 0 ? State.DRAIN : State.UP;
                }
            };
        }
    }

    @Test
    void isWhatATableSays() {
        Seeds.each(60, seed -> {
            SplittableRandom random = new SplittableRandom(seed);
            int atMost = random.nextInt(MEMBERS + 1);
            HealthPolicy policy = HealthPolicy.of(HealthConfig.of(new HealthCheck.Agent(1)))
                    .withAtMost(atMost)
                    .withOutliers(OutlierConfig.DEFAULTS)
                    .withOnDown(OnDown.CLOSE);
            Map<Address, String> told = new HashMap<>();
            List<Endpoint> lost = new ArrayList<>();
            UpstreamHealth group = new UpstreamHealth(rig.context, policy, Sources.NONE, new Deaf() {
                @Override
                public void changed(EndpointChange change) {
                    assertEquals(told.put(change.address(), change.to()), change.from());
                }

                @Override
                public void wentDown(Endpoint endpoint, OnDown onDown) {
                    assertEquals(State.DOWN, endpoint.state());
                    lost.add(endpoint);
                }
            });
            List<EndpointHealth> all = new ArrayList<>();
            List<Known> known = new ArrayList<>();
            for (int i = 0; i < MEMBERS; i++) {
                Endpoint endpoint = new Endpoint("db", new Address.V4(0x7f000001, i), 1);
                EndpointHealth health = new EndpointHealth(rig.context, endpoint, group);
                all.add(health);
                known.add(new Known());
                known.getLast().up = atMost == 0;
            }
            group.members(all.stream().map(List::of).toList());
            all.forEach(health -> health.join(group));
            group.settle();
            all.forEach(health -> told.put(
                    health.endpoint().address(),
                    EndpointHealth.word(health.endpoint().state())));
            for (int i = 0; i < 200; i++) {
                int one = random.nextInt(MEMBERS);
                change(all.get(one), known.get(one), random);
                group.settle();
                long healthy = known.stream().filter(Known::isHealthy).count();
                boolean tooMany = atMost > 0 && healthy > atMost;
                for (int k = 0; k < MEMBERS; k++) {
                    EndpointHealth health = all.get(k);
                    State expected = known.get(k).expected(tooMany);
                    assertEquals(
                            expected,
                            health.endpoint().state(),
                            () -> health.endpoint().health().reason());
                    assertEquals(
                            Math.max(1, known.get(k).percent), health.endpoint().weightPercent());
                    if (lost.contains(health.endpoint())) {
                        assertEquals(State.DOWN, expected);
                    }
                }
                lost.clear();
            }
        });
    }

    private static class Deaf implements UpstreamHealth.Listener {
        @Override
        public void changed(EndpointChange change) {}

        @Override
        public void untold() {}

        @Override
        public void checked() {}

        @Override
        public void wentDown(Endpoint endpoint, OnDown onDown) {}
    }

    /** One that cannot be asked, again and again, is not all that is told; nor is it told of a thousand, one by one. */
    @Test
    void whatCannotBeAsked() {
        HealthPolicy policy = HealthPolicy.of(HealthConfig.of(new HealthCheck.Tcp()));
        UpstreamHealth group = new UpstreamHealth(rig.context, policy, Sources.NONE, new Deaf());
        List<EndpointHealth> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            all.add(new EndpointHealth(rig.context, new Endpoint("db", new Address.V4(0x7f000001, i), 1), group));
        }
        group.members(all.stream().map(List::of).toList());
        group.settle();
        Verdict none = Verdict.none("not asked: the check before has not ended yet");
        for (int i = 0; i < 5; i++) {
            all.getFirst().onVerdict(none, 1);
        }
        all.getLast().onVerdict(none, 1);
        assertEquals(
                List.of(
                        "endpoint db/127.0.0.1:0 is not asked: the check before has not ended yet; it stays up",
                        "endpoint db/127.0.0.1:19 is not asked: the check before has not ended yet; it stays up"),
                rig.loops.warnings);
        all.forEach(each -> each.onVerdict(none, 1));
        assertEquals(ProbeContext.MOST_WARNINGS, rig.loops.warnings.size());
    }

    private static void change(EndpointHealth one, Known known, SplittableRandom random) {
        switch (random.nextInt(4)) {
            case 0 -> {
                known.byHand = List.of(AdminState.values()).get(random.nextInt(4));
                one.byHand(known.byHand);
            }
            case 1 -> {
                known.ejected = true;
                one.eject(0);
            }
            case 2 -> {
                known.ejected = false;
                one.returnsAt(Long.MAX_VALUE / 2);
            }
            default -> says(one, known, random);
        }
    }

    private static void says(EndpointHealth one, Known known, SplittableRandom random) {
        String line = switch (random.nextInt(6)) {
            case 0 -> {
                known.up = true;
                yield "up";
            }
            case 1 -> {
                known.up = false;
                yield "down";
            }
            case 2 -> {
                known.drain = true;
                known.maint = false;
                yield "up drain";
            }
            case 3 -> {
                known.maint = true;
                known.drain = false;
                yield "up maint";
            }
            case 4 -> {
                known.percent = random.nextInt(3) * 50;
                yield "up " + known.percent + "%";
            }
            default -> {
                known.maint = false;
                known.drain = false;
                known.up = true;
                yield "ready up";
            }
        };
        known.up |= line.startsWith("up");
        AgentOrders orders = AgentOrders.parse(line);
        one.onVerdict(new Verdict(Verdict.Kind.ALIVE, line, orders), 1);
    }
}
