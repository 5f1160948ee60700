package dev.sluice.proxy.takeover;

/**
 * What somebody has set by hand, on its way from one process to the next. The words are texts, so that a process that does not know one
 * can say so.
 *
 * @param upstream by its name
 * @param endpoint as it is configured, if it has this address and no other; empty otherwise, and for the upstream as a whole
 * @param address of the endpoint; empty for the upstream as a whole
 * @param state what it was set to: up, down or drain; {@link #PAUSED} for an upstream
 */
public record ByHand(String upstream, String endpoint, String address, String state) {
    public static final String PAUSED = "paused";

    /** For people. */
    @Override
    public String toString() {
        return upstream + (address.isEmpty() ? "" : "/" + address) + " " + state;
    }
}
