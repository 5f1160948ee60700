package dev.sluice.proxy.stats;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.RelayMode;
import org.jspecify.annotations.Nullable;

/**
 * One finished session, told once.
 *
 * @param listener the listener's name
 * @param client who connected
 * @param upstream the endpoint last connected or tried, null when there was none
 * @param relay how its bytes were to cross
 * @param startMillis when it was accepted, Unix time in milliseconds
 * @param connectMicros from accept to connected, −1 when it never was
 * @param durationMicros from accept to end
 * @param bytesUp from the client delivered to the upstream's socket
 * @param bytesDown from the upstream delivered to the client's socket
 * @param bytesSpliced of both, those that went through a pipe and not through user space
 * @param cause why
 * @param errno the error behind the cause, 0 when there is none
 */
public record SessionEnd(
        String listener,
        Address client,
        @Nullable Address upstream,
        RelayMode relay,
        long startMillis,
        long connectMicros,
        long durationMicros,
        long bytesUp,
        long bytesDown,
        long bytesSpliced,
        EndCause cause,
        int errno) {}
