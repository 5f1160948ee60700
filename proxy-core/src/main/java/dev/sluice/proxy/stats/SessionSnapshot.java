package dev.sluice.proxy.stats;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.RelayMode;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a session at one moment, which may be its end.
 *
 * @param id unique in this process; {@link SessionId} makes a word of it
 * @param listener the listener's name
 * @param client who connected
 * @param upstream the name of the group that it goes to, null as long as none was chosen
 * @param endpoint the address that was connected to or tried last, null when there was none
 * @param relay how its bytes were to cross
 * @param startMillis when it was accepted, Unix time in milliseconds
 * @param bytesUp from the client delivered to the upstream's socket
 * @param bytesDown from the upstream delivered to the client's socket
 * @param bytesSpliced of both, those that went through a pipe and not through user space
 * @param tries attempts to connect, the one that was connected among them
 * @param waitMicros of the time to connect, that in which no attempt was under way: it was held, or waited for room
 * @param connectMicros from accept to connected, −1 when it never was
 * @param firstUpMicros from accept to the first byte that was given to the upstream, −1 for none
 * @param firstDownMicros from accept to the first byte that was given to the client, −1 for none
 * @param durationMicros from accept to this moment
 * @param rttMicros smoothed round-trip time of the upstream's socket, −1 when it is not known (tcp(7), TCP_INFO)
 * @param retransmits segments that the upstream's socket has sent again, −1 when it is not known
 */
public record SessionSnapshot(
        long id,
        String listener,
        Address client,
        @Nullable String upstream,
        @Nullable Address endpoint,
        RelayMode relay,
        long startMillis,
        long bytesUp,
        long bytesDown,
        long bytesSpliced,
        int tries,
        long waitMicros,
        long connectMicros,
        long firstUpMicros,
        long firstDownMicros,
        long durationMicros,
        int rttMicros,
        int retransmits) {}
