package dev.sluice.proxy.upstream;

import java.util.ArrayList;
import java.util.List;

/**
 * Who takes new connections, as it was when a loop last looked: so that a choice need not look at every endpoint. Immutable; each loop makes
 * its own when something has changed, and again and again while somebody's weight grows.
 */
final class Roster {
    private static final int STEPS = 100;
    private static final long SHORTEST_STEP = 1_000_000;

    private final int version;
    private final boolean growing;
    private final long until;
    private final Tier first;
    private final Tier backups;

    private Roster(int version, boolean growing, long until, Tier first, Tier backups) {
        this.version = version;
        this.growing = growing;
        this.until = until;
        this.first = first;
        this.backups = backups;
    }

    /**
     * As it is now.
     *
     * @param slowStartNanos how long an endpoint's weight grows; 0 = not at all
     */
    static Roster of(Group group, List<Upstream.Member> members, long slowStartNanos) {
        int version = group.version(); // before anything that it stands for is read
        long now = slowStartNanos == 0 ? 0 : group.now();
        boolean growing = false;
        List<Tier.Entry> first = new ArrayList<>();
        List<Tier.Entry> backups = new ArrayList<>();
        for (int i = 0; i < members.size(); i++) {
            Upstream.Member member = members.get(i);
            Endpoint endpoint = member.firstUp();
            if (endpoint != null && member.weight() > 0) {
                int warmth = endpoint.warmth(now, slowStartNanos);
                growing |= warmth < 100;
                long weight = (long) member.weight() * endpoint.weightPercent() * warmth;
                if (weight > 0) {
                    (member.backup() ? backups : first).add(new Tier.Entry(member, i, weight));
                }
            }
        }
        long until = now + Math.max(SHORTEST_STEP, slowStartNanos / STEPS);
        return new Roster(version, growing, until, new Tier(first), new Tier(backups));
    }

    /** Whether nothing has changed since. */
    boolean isCurrent(Group group) {
        return version == group.version() && !(growing && group.now() - until >= 0);
    }

    /** Those that are no backups. */
    Tier first() {
        return first;
    }

    /** Those that are used only when none of the others takes a connection. */
    Tier backups() {
        return backups;
    }
}
