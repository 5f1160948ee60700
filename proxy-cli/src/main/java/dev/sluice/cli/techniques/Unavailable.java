package dev.sluice.cli.techniques;

/** This machine does not let a technique be measured; the message says what is missing. */
final class Unavailable extends Exception {
    private static final long serialVersionUID = 1L;

    Unavailable(String reason) {
        super(reason, null, false, false);
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
