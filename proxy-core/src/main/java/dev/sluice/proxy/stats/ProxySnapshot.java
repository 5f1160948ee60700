package dev.sluice.proxy.stats;

/**
 * The counters of all loops, summed. Each is exact at some moment of the snapshot, not all at the same one.
 *
 * @param accepted connections accepted
 * @param active sessions now alive
 * @param bytesUp bytes delivered to upstream sockets, live sessions included
 * @param bytesDown bytes delivered to client sockets, live sessions included
 * @param connectFailures attempts to connect to an endpoint that failed or timed out
 * @param acceptPauses times a listener stopped accepting because descriptors or memory ran out
 * @param pipeFallbacks turns in which a flow that was to splice copied, because no pipe of use could be had
 * @param promotions flows of adaptive sessions that went over from copying to splicing
 * @param demotions flows that went back
 * @param coalesced times a stream was left to gather before it goes on
 * @param pipesOpen pipes now open, in use or pooled
 * @param turns turns of the loops
 * @param sleeps turns in which a loop blocked in epoll_wait(2)
 */
public record ProxySnapshot(
        long accepted,
        long active,
        long bytesUp,
        long bytesDown,
        long connectFailures,
        long acceptPauses,
        long pipeFallbacks,
        long promotions,
        long demotions,
        long coalesced,
        long pipesOpen,
        long turns,
        long sleeps) {}
