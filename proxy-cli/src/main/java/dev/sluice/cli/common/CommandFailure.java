package dev.sluice.cli.common;

/** A command cannot do what it was asked to. The message is one line for a person; the exit code is {@link Exit#FAILED}. */
public final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public CommandFailure(String message) {
        super(message, null, false, false);
    }
}
