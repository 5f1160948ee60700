package dev.sluice.proxy.roles;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.RoleCheck;

/** Who can ask database servers for their roles. */
public interface Roles {
    /** Nobody: a proxy without drivers. */
    Roles NONE = (server, check) -> {
        throw new IllegalStateException("there is no driver to ask " + check.database() + " for its role");
    };

    /**
     * Somebody who asks one server, of PostgreSQL or MySQL. Nothing is loaded or connected yet.
     *
     * @throws IllegalStateException when there is no driver for such a server
     */
    RoleClient client(Address server, RoleCheck check);
}
