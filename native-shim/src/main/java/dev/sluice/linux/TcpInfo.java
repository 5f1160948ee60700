package dev.sluice.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;

/** What {@link Kernel#tcpInfo} answers: two fields of {@code struct tcp_info} (linux/tcp.h), in one number. */
public final class TcpInfo {
    private static final int RTT = 68;
    private static final int TOTAL_RETRANS = 100;
    /** Of the structure, up to the last field that is read; an older kernel has a shorter one, a newer one a longer. */
    static final int BYTES = TOTAL_RETRANS + Integer.BYTES;

    private TcpInfo() {}

    /** Reads the structure. */
    static long of(MemorySegment info) {
        return of(info.get(JAVA_INT, RTT), info.get(JAVA_INT, TOTAL_RETRANS));
    }

    /** Puts both into one; what is more than an int holds is as much as an int holds. */
    public static long of(int rttMicros, int retransmits) {
        return (long) atMost(rttMicros) << 32 | atMost(retransmits);
    }

    private static int atMost(int unsigned) {
        return unsigned < 0 ? Integer.MAX_VALUE : unsigned;
    }

    /** The smoothed round-trip time (RFC 6298) in microseconds, ≥ 0; 0 = nothing was measured yet. */
    public static int rttMicros(long info) {
        return (int) (info >> 32);
    }

    /** How many segments were sent again since the connection was made, ≥ 0. */
    public static int retransmits(long info) {
        return (int) info;
    }
}
