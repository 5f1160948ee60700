package dev.sluice.proxy.config;

/** How a session's bytes cross the proxy. */
public enum RelayMode {
    /** Through a kernel pipe with splice(2): payload stays in the kernel. */
    SPLICE,
    /** Through a user-space buffer with recv(2) and send(2): the baseline. */
    COPY,
    /** Copies what comes in small pieces and splices what comes in large ones, each direction for itself. */
    AUTO;

    /** The name that people type: lower case. */
    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
