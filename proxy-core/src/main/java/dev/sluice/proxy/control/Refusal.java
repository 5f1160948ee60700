package dev.sluice.proxy.control;

/** A configuration that cannot be applied; what ran goes on as it was. Its message is one line: what is wrong and what would be right. */
public final class Refusal extends Exception {
    private static final long serialVersionUID = 1;

    public Refusal(String message) {
        super(message);
    }
}
