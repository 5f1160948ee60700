package dev.sluice.proxy.relay;

/**
 * How a flow carries bytes from its source to its sink. A loop has one of each kind; what is in flight is kept with the flow,
 * so a flow may go over to another conduit whenever nothing of it is in flight.
 *
 * <p>The order of calls: {@code ready}, {@code fill}, any number of {@code drain}, {@code settle}; and again {@code drain}
 * and {@code settle} until nothing is in flight.
 */
sealed interface Conduit permits SpliceConduit, CopyConduit {

    /**
     * Borrows what a fill needs.
     *
     * @return false when there is none
     */
    boolean ready(Flow flow);

    /**
     * Takes bytes from the source; nothing of the flow is in flight.
     *
     * @return bytes now in flight; 0 at the end of the stream; EAGAIN when there is nothing for now and an event will tell of
     *     more; or any other −errno of the source
     */
    long fill(Flow flow);

    /** Whether the bytes that it carries stay in the kernel. */
    boolean staysInKernel();

    /**
     * Gives bytes in flight to the sink.
     *
     * @return bytes given, or −errno of the sink
     */
    long drain(Flow flow);

    /** Keeps what is still in flight safe until the next drain, or gives back what was borrowed. */
    void settle(Flow flow);

    /** Drops what is in flight, so that nobody ever sees it, and gives back what was borrowed. */
    void discard(Flow flow);
}
