package dev.sluice.proxy.relay;

/**
 * How a flow carries bytes from its source to its sink. A loop has one of each kind; what is in flight is kept with the flow,
 * so a flow may go over to another conduit whenever nothing of it is in flight. A conduit that cannot do what it was asked for
 * hands the flow to the other one, with what is in flight ({@link Flow#conduit}), and answers what that one answered.
 *
 * <p>The order of calls: {@code fill}, any number of {@code drain}, {@code settle}; and again {@code drain} and {@code settle}
 * until nothing is in flight.
 */
sealed interface Conduit permits SpliceConduit, CopyConduit {

    /** Whether the bytes that it carries stay in the kernel. */
    boolean staysInKernel();

    /**
     * Takes bytes from the source; nothing of the flow is in flight.
     *
     * @return bytes now in flight; 0 at the end of the stream; EAGAIN when there is nothing for now, which a
     *     conduit that stays in the kernel has made sure of; or any other −errno of the source
     */
    long fill(Flow flow);

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
