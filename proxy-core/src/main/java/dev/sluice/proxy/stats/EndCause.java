package dev.sluice.proxy.stats;

import java.util.Locale;

/** Why a session ended. */
public enum EndCause {
    /** Both directions ended in order; the client's end of stream came first. */
    CLIENT_CLOSED,
    /** Both directions ended in order; the upstream's end of stream came first. */
    UPSTREAM_CLOSED,
    /** The client reset the connection. */
    CLIENT_RESET,
    /** The upstream reset the connection. */
    UPSTREAM_RESET,
    /** No endpoint could be connected to; the errno is the last one's. */
    CONNECT_FAILED,
    /** The last endpoint tried did not answer in time. */
    CONNECT_TIMEOUT,
    /** No byte crossed for the idle timeout. */
    IDLE_TIMEOUT,
    /** One direction had ended and no byte crossed in the other for the half-close timeout. */
    HALF_CLOSE_TIMEOUT,
    /** Cut because the proxy stopped and the drain time was up. */
    DRAINED,
    /** Descriptors or kernel memory ran out. */
    NO_RESOURCES,
    /** A system call answered what it should not; the errno says what. */
    INTERNAL_ERROR;

    /** The name in log lines: lower case with dashes. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
