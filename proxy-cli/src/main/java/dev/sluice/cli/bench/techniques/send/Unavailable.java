package dev.sluice.cli.bench.techniques.send;

/** This machine does not let a technique be measured; the message says what is missing. */
public final class Unavailable extends Exception {
    private static final long serialVersionUID = 1L;

    public Unavailable(String reason) {
        super(reason, null, false, false);
    }

    public String reason() {
        return String.valueOf(getMessage());
    }
}
