package dev.sluice.proxy.health.dialogue;

import dev.sluice.proxy.config.RoleCheck;
import dev.sluice.proxy.roles.ServerRole;
import java.time.Duration;

/**
 * Whether a server has the role that it has to have. Of a replica it remembers how far behind it was: nobody falls behind faster than
 * time passes, so that is what bounds the lag of one that does not know, and of one that says too much, as PostgreSQL does when the first
 * transaction after a quiet hour is on its way.
 */
public final class RoleJudge {
    private static final long UNKNOWN = Long.MAX_VALUE;
    private static final long SECOND_NANOS = 1_000_000_000;

    private final RoleCheck check;
    private long lag = UNKNOWN;
    private long lagAt;

    public RoleJudge(RoleCheck check) {
        this.check = check;
    }

    /**
     * What its answer comes to.
     *
     * @param now nanoseconds of any clock
     */
    public Verdict judge(ServerRole server, long now) {
        long bound = lag(server, now);
        if (server.role() != check.role()) {
            return Verdict.unfit(server.words() + ", not a " + check.role());
        }
        if (check.role() == RoleCheck.Role.PRIMARY) {
            return Verdict.alive(server.words());
        }
        if (check.maxLag().isZero()) {
            return server.replicating() ? Verdict.alive(server.words()) : Verdict.failed(server.words());
        }
        if (bound == UNKNOWN) {
            return Verdict.failed(server.words() + ", and nobody knows how far it is behind");
        }
        String words = server.words() + ", " + bound / SECOND_NANOS + " s behind";
        return bound <= check.maxLag().toNanos()
                ? Verdict.alive(words)
                : Verdict.failed(words + ", more than " + check.maxLag().toSeconds() + " s");
    }

    private long lag(ServerRole server, long now) {
        if (server.role() != RoleCheck.Role.REPLICA) {
            lag = UNKNOWN;
            return UNKNOWN;
        }
        long grown = lag == UNKNOWN ? UNKNOWN : lag + now - lagAt;
        lag = Math.min(nanos(server), grown);
        lagAt = now;
        return lag;
    }

    private static long nanos(ServerRole server) {
        Duration said = server.lag();
        return said == null
                ? UNKNOWN
                : said.isNegative() ? 0 : Math.min(said.toSeconds(), Integer.MAX_VALUE) * SECOND_NANOS;
    }
}
