package dev.sluice.proxy.stats;

/**
 * Why a connection was turned away at once: without having been tried to connect, and without having waited. There may be many in a moment,
 * so they are counted for each listener, and a log need not have a line for each.
 */
public enum Refusal {
    /** No endpoint takes connections, and none is held ({@code when-down: refuse}); or a request to cancel a query had nobody to go to. */
    DOWN("down", EndCause.REFUSED),
    /** No endpoint takes connections, and as many are held as may be. */
    HOLD("hold", EndCause.LIMIT),
    /** As many requests to cancel a query were under way as may be. */
    CANCELS("cancels", EndCause.LIMIT);

    private final String word;
    private final EndCause cause;

    Refusal(String word, EndCause cause) {
        this.word = word;
        this.cause = cause;
    }

    /** What it ends with. */
    public EndCause cause() {
        return cause;
    }

    /** In lower case: the reason in metrics. */
    @Override
    public String toString() {
        return word;
    }
}
