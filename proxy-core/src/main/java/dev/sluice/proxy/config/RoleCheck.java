package dev.sluice.proxy.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Whether a database server has a role, asked by somebody who logs in. An endpoint starts down under it, whatever {@link
 * HealthConfig#start} says: what has not been asked may be what it must not be.
 *
 * @param database whose server it is
 * @param role what it has to be
 * @param maxLag how far a replica may be behind its primary, 1 s … 30 days, in whole seconds, which is what servers tell; 0 = however far
 * @param user who logs in; null for Redis only: the default user, or nobody
 * @param passwordFile where his password is, read for each login; null = he has none
 * @param name the database that is logged in to; null = that of the user's name for PostgreSQL, none for MySQL; always null for Redis
 */
public record RoleCheck(
        Database database,
        Role role,
        Duration maxLag,
        @Nullable String user,
        @Nullable Path passwordFile,
        @Nullable String name)
        implements HealthCheck {
    /** Whose servers have roles. */
    public enum Database {
        POSTGRES,
        /** MariaDB, too. */
        MYSQL,
        /** Valkey, too. */
        REDIS;

        /** The name that people type. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What a server is. */
    public enum Role {
        /** Takes writes. */
        PRIMARY,
        /** Follows another server. */
        REPLICA;

        /** The name that people type. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public static final Duration MIN_LAG = Duration.ofSeconds(1);
    public static final Duration MAX_LAG = Duration.ofDays(30);

    public RoleCheck {
        Checks.durationOrZero("health max-lag", maxLag, MIN_LAG, MAX_LAG);
        Checks.wholeSeconds("health max-lag", maxLag);
        if (!maxLag.isZero() && role != Role.REPLICA) {
            throw new IllegalArgumentException(
                    "health max-lag is " + maxLag + ", but a " + role + " follows nobody: 0");
        }
        if (user == null && database != Database.REDIS) {
            throw new IllegalArgumentException(
                    "health user is missing: " + database + " tells its role to a user only");
        }
        if (user != null) {
            Checks.text("health user", user, MAX_TEXT);
        }
        if (name != null) {
            Checks.text("health database", name, MAX_TEXT);
        }
        if (database == Database.REDIS && user != null && passwordFile == null) {
            throw new IllegalArgumentException(
                    "health password-file is missing: a user of Redis logs in with a password");
        }
        if (database == Database.REDIS && name != null) {
            throw new IllegalArgumentException("health database is '" + Checks.escape(name)
                    + "', but the databases of a Redis server have one role: none here");
        }
    }
}
