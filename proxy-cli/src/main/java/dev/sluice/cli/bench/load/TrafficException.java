package dev.sluice.cli.bench.load;

/** The traffic cannot go on: a connection was refused or lost. The message is one line for a person. */
final class TrafficException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TrafficException(String message) {
        super(message, null, false, false);
    }
}
