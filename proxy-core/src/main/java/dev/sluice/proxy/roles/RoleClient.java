package dev.sluice.proxy.roles;

/** Asks one server again and again. What blocks here is called on one thread at a time, which may change. */
public interface RoleClient {
    /**
     * Asks once; blocks. It may keep its connection until the next time.
     *
     * @param asking how to connect, and until when; when it is cancelled, this ends soon
     * @throws RoleException when the server cannot be asked, or does not answer as such a server does
     */
    ServerRole ask(Asking asking) throws RoleException;

    /** Takes leave of the server; may block for a moment. It can be asked no more. */
    void close();
}
