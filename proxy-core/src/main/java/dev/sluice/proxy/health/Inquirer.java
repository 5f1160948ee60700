package dev.sluice.proxy.health;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.HealthConfig;
import dev.sluice.proxy.config.RoleCheck;
import dev.sluice.proxy.health.dialogue.Dialogue;

/** Asks one endpoint, as often as it is told to, one inquiry after the other. On control's thread. */
interface Inquirer {
    /** The next inquiry, not begun. */
    Inquiry next(Probe.Owner owner);

    /** Asks no more; no inquiry is under way. */
    default void close() {}

    /**
     * The one for a check.
     *
     * @param server who is asked
     */
    static Inquirer of(ProbeContext context, Address server, HealthConfig config) {
        long timeout = config.timeout().toNanos();
        if (config.check() instanceof RoleCheck check) {
            return check.database() == RoleCheck.Database.REDIS
                    ? new RedisRoleInquirer(context, server, config, check)
                    : new RoleInquirer(context, server, config, check);
        }
        return owner -> new Probe(
                context, server, Dialogue.of(config.check(), server.toString()), config.sendProxy(), timeout, owner);
    }
}
