package dev.sluice.cli.roles;

import org.jspecify.annotations.Nullable;
import org.postgresql.plugin.AuthenticationPlugin;
import org.postgresql.plugin.AuthenticationRequestType;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;

/**
 * Made by the driver, from its name: gives it the password of the thread's {@link Login}, but never for a server that wants to have it in
 * the clear. Nobody has verified who that is, be the connection encrypted or not.
 */
public final class PostgresPassword implements AuthenticationPlugin {
    /** To be found in what is said of the failure. */
    static final String IN_THE_CLEAR =
            "wants the password in the clear, which it does not get: scram-sha-256 for this user in pg_hba.conf is what it should want";

    @Override
    public char @Nullable [] getPassword(AuthenticationRequestType type) throws PSQLException {
        if (type == AuthenticationRequestType.CLEARTEXT_PASSWORD) {
            throw new PSQLException(IN_THE_CLEAR, PSQLState.CONNECTION_REJECTED);
        }
        String password = Login.current().password();
        return password == null ? null : password.toCharArray();
    }
}
