package dev.sluice.cli.roles;

import dev.sluice.proxy.roles.ServerRole;
import java.sql.Connection;
import java.sql.SQLException;

/** How one kind of server is logged in to and asked, by its driver. */
interface DatabaseServer {
    /** Logs in, by the socket and with the password of the {@link Login} of this thread. */
    Connection connect(Login login) throws SQLException;

    /** Asks for the role. */
    ServerRole ask(Connection connection) throws SQLException;

    /** Whether a server has refused only because it has no room for another session. */
    boolean isFull(SQLException refusal);

    /** What a server itself has said, with its number or code; empty when the refusal is none of a server's. */
    String refusal(SQLException refusal);
}
