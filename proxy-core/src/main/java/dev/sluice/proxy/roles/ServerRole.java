package dev.sluice.proxy.roles;

import dev.sluice.proxy.config.RoleCheck.Role;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a server says that it is.
 *
 * @param role null = neither: a primary that takes no writes, a read-only server that follows nobody
 * @param words what it is, to follow "it": {@code is a replica}; what the server has said is escaped in it
 * @param replicating of a replica: that it has not stopped, though its primary may be out of reach
 * @param lag of a replica, how far behind it is, or more; null = it does not know
 */
public record ServerRole(
        @Nullable Role role,
        String words,
        boolean replicating,
        @Nullable Duration lag) {
    /** One that takes writes. */
    public static ServerRole primary() {
        return new ServerRole(Role.PRIMARY, "is a primary", false, null);
    }

    /** One that follows another, and is so far behind, if it knows. */
    public static ServerRole replica(@Nullable Duration lag) {
        return new ServerRole(Role.REPLICA, "is a replica", true, lag);
    }

    /** One that has stopped following. */
    public static ServerRole stopped(String words) {
        return new ServerRole(Role.REPLICA, words, false, null);
    }

    /** Something else. */
    public static ServerRole neither(String words) {
        return new ServerRole(null, words, false, null);
    }
}
