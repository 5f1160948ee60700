package dev.sluice.proxy.roles;

/** A server that did not say what it is. The message is one line, fit for a log, without anything secret. */
public final class RoleException extends Exception {
    private static final long serialVersionUID = 1;

    private final boolean full;

    /**
     * @param full whether it only has no room for another session, which says nothing of its role
     */
    public RoleException(String message, boolean full) {
        super(message);
        this.full = full;
    }

    /** Whether the server only had no room. */
    public boolean isFull() {
        return full;
    }
}
