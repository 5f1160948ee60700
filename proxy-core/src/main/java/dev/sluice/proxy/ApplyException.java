package dev.sluice.proxy;

/** A configuration that was not applied; the proxy goes on as it was. The message is one line, fit for a person. */
public final class ApplyException extends Exception {
    private static final long serialVersionUID = 1;

    ApplyException(String message) {
        super(message);
    }
}
