package dev.sluice.proxy.upstream;

import dev.sluice.linux.Address;
import java.nio.charset.StandardCharsets;

/**
 * Hashes that are the same on every machine and in every version: instances that stand side by side must send a client to the same
 * endpoint.
 */
final class Mix {
    private static final long GOLDEN = 0x9e3779b97f4a7c15L; // 2^64 divided by the golden ratio
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;
    private static final long MAPPED = 0xffff; // ::ffff:0:0/96, RFC 4291 2.5.5.2

    private Mix() {}

    /** A bijection in which every bit depends on every other one (the finalizer of MurmurHash3). */
    static long mix(long value) {
        long x = value;
        x = (x ^ (x >>> 33)) * 0xff51afd7ed558ccdL;
        x = (x ^ (x >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return x ^ (x >>> 33);
    }

    /** One number of a sequence that looks random. */
    static long nth(long seed, int n) {
        return mix(seed + n * GOLDEN);
    }

    /** A hash of a text (FNV-1a, mixed). */
    static long of(String text) {
        long hash = FNV_OFFSET;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * FNV_PRIME;
        }
        return mix(hash);
    }

    /**
     * A hash of where a client is, without its port. An IPv4 client of a listener that takes both families is the same as one of an IPv4
     * listener; all clients of unix sockets are one.
     */
    static long of(Address client) {
        return switch (client) {
            case Address.V4 four -> mix(GOLDEN + (four.address() & 0xffff_ffffL));
            case Address.V6 six
            when six.high() == 0 && six.low() >>> 32 == MAPPED -> mix(GOLDEN + (six.low() & 0xffff_ffffL));
            case Address.V6 six -> mix(six.high() ^ mix(six.low() + GOLDEN));
            case Address.Unix unix -> GOLDEN;
        };
    }
}
