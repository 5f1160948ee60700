package dev.sluice.proxy.health.dialogue;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.proxy.config.RoleCheck;
import dev.sluice.proxy.config.RoleCheck.Role;
import dev.sluice.proxy.roles.ServerRole;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What an answer comes to. */
class RoleJudgeTest {
    private static final long SECOND = 1_000_000_000;

    private static RoleCheck check(Role role, int maxLag) {
        return new RoleCheck(RoleCheck.Database.POSTGRES, role, Duration.ofSeconds(maxLag), "sluice", null, null);
    }

    private final RoleJudge primary = new RoleJudge(check(Role.PRIMARY, 0));
    private final RoleJudge replica = new RoleJudge(check(Role.REPLICA, 0));
    private final RoleJudge near = new RoleJudge(check(Role.REPLICA, 10));

    private static ServerRole behind(@Nullable Integer seconds) {
        return ServerRole.replica(seconds == null ? null : Duration.ofSeconds(seconds));
    }

    private String near(long second, @Nullable Integer behind) {
        Verdict verdict = near.judge(behind(behind), second * SECOND);
        return verdict.kind() + " " + verdict.reason();
    }

    @Test
    void anotherRoleIsUnfitWhateverElse() {
        assertEquals(Verdict.alive("is a primary"), primary.judge(ServerRole.primary(), 0));
        assertEquals(Verdict.unfit("is a replica, not a primary"), primary.judge(behind(0), 0));
        assertEquals(Verdict.unfit("is a primary, not a replica"), replica.judge(ServerRole.primary(), 0));
        assertEquals(
                Verdict.unfit("takes no writes, not a primary"),
                primary.judge(ServerRole.neither("takes no writes"), 0));
        assertEquals(Verdict.unfit("has stopped, not a primary"), primary.judge(ServerRole.stopped("has stopped"), 0));
    }

    @Test
    void withoutALimitAReplicaMustOnlyNotHaveStopped() {
        assertEquals(Verdict.alive("is a replica"), replica.judge(behind(1000), 0));
        assertEquals(Verdict.alive("is a replica"), replica.judge(behind(null), 0));
        assertEquals(Verdict.failed("has stopped"), replica.judge(ServerRole.stopped("has stopped"), 0));
    }

    @Test
    void theLimitIsWithinTheLimit() {
        assertEquals("ALIVE is a replica, 10 s behind", near(0, 10));
        near.judge(ServerRole.primary(), 0);
        assertEquals("FAILED is a replica, 11 s behind, more than 10 s", near(0, 11));
    }

    @Test
    void whatIsNotKnownAndNeverWasFails() {
        assertEquals("FAILED is a replica, and nobody knows how far it is behind", near(0, null));
        assertEquals("ALIVE is a replica, 0 s behind", near(1, 0));
    }

    /** A primary that is gone for a moment does not bring its replicas down. */
    @Test
    void whatIsNotKnownAnyMoreGrowsAsTimePasses() {
        assertEquals("ALIVE is a replica, 2 s behind", near(0, 2));
        assertEquals("ALIVE is a replica, 10 s behind", near(8, null));
        assertEquals("FAILED is a replica, 11 s behind, more than 10 s", near(9, null));
        assertEquals("ALIVE is a replica, 1 s behind", near(10, 1));
        Verdict stopped = near.judge(ServerRole.stopped("has stopped"), 14 * SECOND);
        assertEquals(Verdict.alive("has stopped, 5 s behind"), stopped);
    }

    /** After a quiet hour the first transaction is an hour younger than the last one, and nobody is an hour behind. */
    @Test
    void nobodyFallsBehindFasterThanTimePasses() {
        assertEquals("ALIVE is a replica, 0 s behind", near(0, 0));
        assertEquals("ALIVE is a replica, 2 s behind", near(2, 3600));
        assertEquals("ALIVE is a replica, 0 s behind", near(4, 0));
        assertEquals("ALIVE is a replica, 0 s behind", near(5, -7));
    }

    @Test
    void whoWasAPrimaryInBetweenIsNotKnownAnyMore() {
        assertEquals("ALIVE is a replica, 0 s behind", near(0, 0));
        near.judge(ServerRole.primary(), SECOND);
        assertEquals("FAILED is a replica, and nobody knows how far it is behind", near(2, null));
    }
}
