package dev.sluice.proxy;

/** The proxy cannot start. The message is one line for a person: what was wrong, where, and what would be right. */
public final class ProxyStartException extends Exception {
    private static final long serialVersionUID = 1L;

    public ProxyStartException(String message) {
        super(message);
    }
}
