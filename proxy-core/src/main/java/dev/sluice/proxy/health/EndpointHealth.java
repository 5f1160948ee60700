package dev.sluice.proxy.health;

import dev.sluice.proxy.config.AdminState;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.config.HealthConfig;
import dev.sluice.proxy.config.HealthPolicy;
import dev.sluice.proxy.config.OutlierConfig;
import dev.sluice.proxy.config.RoleCheck;
import dev.sluice.proxy.health.dialogue.AgentOrders;
import dev.sluice.proxy.health.dialogue.Verdict;
import dev.sluice.proxy.loop.RateLimit;
import dev.sluice.proxy.stats.EndpointChange;
import dev.sluice.proxy.stats.HealthSnapshot;
import dev.sluice.proxy.upstream.Endpoint;
import dev.sluice.proxy.upstream.Endpoint.Count;
import dev.sluice.proxy.upstream.Endpoint.State;
import dev.sluice.proxy.upstream.Sources;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * All that speaks for and against one endpoint, and the state that follows from it. What is further up wins:
 *
 * <pre>
 *   set by hand                       up, down or drain
 *   the agent says down, or maint     down
 *   its checks fail                   down
 *   more are healthy than may be      down
 *   ejected as an outlier             down
 *   the agent says drain, or 0%       drain
 *   nothing of that                   up
 * </pre>
 */
final class EndpointHealth implements Probe.Owner {
    /** What decides. */
    private enum By {
        HAND,
        AGENT,
        CHECK,
        AT_MOST,
        EJECTION,
        NOTHING
    }

    private record Decision(State state, By by, String reason) {}

    private static final int WHOLE = 100;

    private final ProbeContext context;
    private final Endpoint endpoint;
    private final ChangeLog changes;
    private final HealthState health;
    private final RateLimit shortages = RateLimit.ofWarnings();

    private UpstreamHealth group;
    private @Nullable Monitor monitor;
    private @Nullable Outlier outlier;

    private AdminState byHand = AdminState.NONE;
    private boolean agentUp = true;
    private AgentOrders.Mode agentMode = AgentOrders.Mode.READY;
    private int agentPercent = WHOLE;
    private int setPercent = WHOLE;
    private String agentSays = "";
    private @Nullable AgentOrders lastOrders;
    private String healthReason = "not checked yet";

    private @Nullable Verdict last;
    private long lastNanos;
    private long checks;
    private long failedChecks;
    private long skippedChecks;

    private @Nullable Decision decision;
    private long sinceMillis = System.currentTimeMillis();

    /** One that is new: up, or as its check says that it starts. */
    EndpointHealth(ProbeContext context, Endpoint endpoint, UpstreamHealth group) {
        this.context = context;
        this.endpoint = endpoint;
        this.group = group;
        this.changes = new ChangeLog(endpoint.upstream(), endpoint.address());
        HealthConfig check = group.policy().check();
        boolean up = check == null
                || (check.start() == HealthConfig.Start.UP && group.policy().atMost() == 0 && !isRoleChecked());
        this.health = new HealthState(HealthConfig.DEFAULT_RISE, HealthConfig.DEFAULT_FALL, up);
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /** Goes by this group's policy from now on. */
    void join(UpstreamHealth next) {
        group = next;
        HealthPolicy policy = next.policy();
        OutlierConfig outliers = policy.outliers();
        if (outliers == null) {
            outlier = null;
        } else if (outlier == null) {
            outlier = new Outlier(outliers, failures());
        } else {
            outlier.config(outliers);
        }
        HealthConfig check = policy.check();
        if (check == null) {
            leave();
            health.set(true);
            healthReason = "not checked";
        } else {
            health.limits(check.rise(), check.fall());
        }
        if (check == null || !(check.check() instanceof HealthCheck.Agent)) {
            if (!agentUp && check != null) {
                health.set(false); // what the agent has set down must be found up first
            }
            agentUp = true;
            agentMode = AgentOrders.Mode.READY;
            agentPercent = WHOLE;
        }
    }

    /**
     * Whether it must be monitored anew to go by its policy. What it is stays, but what was counted for another check does not.
     *
     * @return the new monitor, to be started; null when all is as it should be
     */
    @Nullable
    Monitor monitorAnew() {
        HealthConfig check = group.policy().check();
        if (check == null || (monitor != null && monitor.config().equals(check))) {
            return null;
        }
        boolean same = monitor != null
                && monitor.config().check().equals(check.check())
                && monitor.config().port() == check.port();
        if (!same) {
            health.restart();
        }
        leave();
        monitor = new Monitor(context, endpoint.address(), check, this);
        return monitor;
    }

    /** Is not monitored any more. */
    void leave() {
        if (monitor != null) {
            monitor.stop();
            monitor = null;
        }
    }

    /** What was set by hand before this was made. */
    void order(AdminState state) {
        byHand = state;
    }

    void byHand(AdminState state) {
        byHand = state;
        group.settle();
        publish();
    }

    @Override
    public Sources sources() {
        return group.sources();
    }

    @Override
    public void onVerdict(Verdict verdict, long nanos) {
        last = verdict;
        lastNanos = nanos;
        if (verdict.kind() == Verdict.Kind.NONE) {
            skippedChecks++;
            context.warn(
                    shortages,
                    "endpoint " + endpoint + " is " + verdict.reason() + "; it stays " + word(endpoint.state()));
        } else {
            count(verdict);
        }
        publish();
        group.listener().checked();
    }

    /** All of the upstream is looked at only when there is something new: its checks are as many as its endpoints. */
    private void count(Verdict verdict) {
        boolean passed = verdict.kind() == Verdict.Kind.ALIVE;
        checks++;
        failedChecks += passed ? 0 : 1;
        AgentOrders orders = verdict.orders();
        boolean news = orders != null && !orders.equals(lastOrders);
        boolean changed = orders != null
                ? obey(orders)
                : verdict.kind() == Verdict.Kind.UNFIT ? health.set(false) : health.checked(passed);
        lastOrders = orders;
        if (checks == 1 && verdict.kind() == Verdict.Kind.FAILED && !health.isUp() && isRoleChecked()) {
            // It was never up, so nobody would hear why it is not: of a wrong password, say.
            context.tell("endpoint " + endpoint + " stays down: " + verdict.reason());
        }
        if (changed || (checks == 1 && passed == health.isUp())) {
            healthReason = verdict.reason();
            news = true;
        }
        if (news) {
            group.settle();
        }
    }

    private boolean isRoleChecked() {
        HealthConfig check = group.policy().check();
        return check != null && check.check() instanceof RoleCheck;
    }

    /** What an agent says of its endpoint holds at once; what it does not say stays. It can be asked, whatever it says. */
    private boolean obey(AgentOrders orders) {
        if (orders.up() != null || orders.mode() != null || orders.percent() == 0) {
            agentSays = orders.reason();
        }
        agentUp = orders.up() == null ? agentUp : orders.up();
        agentMode = orders.mode() == null ? agentMode : orders.mode();
        agentPercent = orders.percent() < 0 ? agentPercent : orders.percent();
        return Boolean.TRUE.equals(orders.up()) ? health.set(true) : health.checked(true);
    }

    private long failures() {
        return endpoint.sum(Count.FAILURES) + endpoint.sum(Count.EARLY_RESETS);
    }

    /** Whether it says itself that it can be used; one that is out by hand does not count, and one that is in by hand needs no leave. */
    boolean isHealthy() {
        return byHand != AdminState.DOWN
                && byHand != AdminState.DRAIN
                && health.isUp()
                && agentUp
                && agentMode != AgentOrders.Mode.MAINT;
    }

    /** Whether its last check agrees with its state: more checks would not change it. One that is not checked is known, too. */
    boolean isKnown() {
        return monitor == null || (last != null && (last.kind() == Verdict.Kind.ALIVE) == health.isUp());
    }

    boolean isEjected() {
        return outlier != null && outlier.isEjected();
    }

    /** Whether new sessions go to it. */
    boolean isUsed() {
        return endpoint.state() == State.UP;
    }

    /** Takes an outlier back whose time is up. */
    boolean returnsAt(long now) {
        return outlier != null && outlier.returnsAt(now);
    }

    /** Whether its failures have made an outlier of it. What fails while it is not used anyway says nothing. */
    boolean isOutlier(long now) {
        boolean tooMany = outlier != null && outlier.sample(now, failures());
        return tooMany && isUsed() && byHand == AdminState.NONE;
    }

    void eject(long now) {
        if (outlier != null) {
            outlier.eject(now);
        }
    }

    private Decision decide(String tooMany) {
        if (byHand != AdminState.NONE) {
            return new Decision(State.valueOf(byHand.name()), By.HAND, "set by hand");
        } else if (!agentUp || agentMode == AgentOrders.Mode.MAINT) {
            return new Decision(State.DOWN, By.AGENT, agentSays);
        } else if (!health.isUp()) {
            return new Decision(State.DOWN, By.CHECK, healthReason);
        }
        if (!tooMany.isEmpty()) {
            return new Decision(State.DOWN, By.AT_MOST, tooMany);
        } else if (outlier != null && outlier.isEjected()) {
            OutlierConfig config = outlier.config();
            String reason = "ejected for " + seconds(outlier.length()) + ": " + config.failures() + " failures within "
                    + seconds(config.within().toNanos());
            return new Decision(State.DOWN, By.EJECTION, reason);
        } else if (agentMode == AgentOrders.Mode.DRAIN || agentPercent == 0) {
            return new Decision(State.DRAIN, By.AGENT, agentSays);
        }
        return new Decision(State.UP, By.NOTHING, healthReason);
    }

    private static String seconds(long nanos) {
        long millis = nanos / 1_000_000;
        return millis % 1000 == 0 ? millis / 1000 + " s" : millis + " ms";
    }

    /**
     * Sets the endpoint's state.
     *
     * @param now the loop's clock
     * @param tooMany what is wrong when more members of the group are healthy than may be; empty: nothing
     */
    void settle(long now, String tooMany) {
        Decision before = decision;
        Decision next = decide(tooMany);
        if (agentPercent != setPercent) {
            setPercent = agentPercent;
            endpoint.weightPercent(Math.max(1, agentPercent)); // nought is a drain
        }
        if (next.equals(before)) {
            return;
        }
        decision = next;
        boolean changed = before != null && before.state() != next.state();
        if (changed) {
            sinceMillis = System.currentTimeMillis();
        }
        if (changed && next.state() == State.UP && outlier != null) {
            outlier.forget(); // what failed before says nothing of what it is now
        }
        publish(); // first: who sees the new state must not find the old reason for it
        endpoint.state(next.state());
        if (before == null) {
            changes.begin(word(next.state()));
        } else if (changed) {
            tell(changes.changed(now, word(next.state()), next.reason()));
        }
        // An ejected one does what it can with the sessions that it has.
        boolean lost = next.state() == State.DOWN && next.by() != By.EJECTION;
        boolean wasLost = before != null && before.state() == State.DOWN && before.by() != By.EJECTION;
        if (lost && !wasLost && before != null) {
            group.listener().wentDown(endpoint, group.policy().onDown());
        }
    }

    /** Tells what was not told before, since there was too much of it. */
    void tellDue(long now) {
        tell(changes.due(now));
    }

    private void tell(@Nullable EndpointChange change) {
        if (change != null) {
            group.listener().changed(change);
        }
        if (changes.hasUntold()) {
            group.listener().untold();
        }
    }

    static String word(State state) {
        return switch (state) {
            case UP -> "up";
            case DOWN -> "down";
            case DRAIN -> "drain";
        };
    }

    private void publish() {
        Decision now = Objects.requireNonNull(decision);
        Verdict check = last;
        endpoint.health(new HealthSnapshot(
                now.reason(),
                sinceMillis,
                byHand.toString(),
                check == null ? null : check.reason(),
                check != null && check.kind() == Verdict.Kind.ALIVE,
                check == null ? -1 : lastNanos / 1000,
                checks,
                failedChecks,
                skippedChecks,
                outlier == null ? 0 : outlier.ejections()));
    }
}
