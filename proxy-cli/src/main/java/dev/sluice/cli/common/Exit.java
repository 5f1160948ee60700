package dev.sluice.cli.common;

/** Exit codes. */
public final class Exit {
    /** Done. */
    public static final int OK = 0;

    /** Failed while running, or cannot start. */
    public static final int FAILED = 1;

    /** Told something wrong: usage or configuration. */
    public static final int USAGE = 2;

    private Exit() {}
}
