package dev.sluice.cli.roles;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.RoleCheck;
import dev.sluice.proxy.roles.RoleClient;
import dev.sluice.proxy.roles.Roles;

/** Asks PostgreSQL by its JDBC driver, MySQL and MariaDB by MariaDB's. Neither is loaded before there is somebody to ask. */
public final class DriverRoles implements Roles {
    @Override
    public RoleClient client(Address server, RoleCheck check) {
        if (server instanceof Address.Unix) { // from a list; the configuration's own are checked with it
            throw new IllegalStateException("the driver of " + check.database() + " needs host:port");
        }
        return switch (check.database()) {
            case POSTGRES -> new KeptConnection(server, check, new PostgresServer(check));
            case MYSQL -> new KeptConnection(server, check, new MysqlServer(check));
            case REDIS -> throw new IllegalStateException("Redis is asked without a driver");
        };
    }
}
