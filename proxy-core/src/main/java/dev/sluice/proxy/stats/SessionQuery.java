package dev.sluice.proxy.stats;

import dev.sluice.linux.Address;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which live sessions somebody wants to see; null stands for any.
 *
 * @param listener name
 * @param upstream name
 * @param endpoints where they were connected to, or are being connected to
 * @param client who connected; port 0 stands for any port
 * @param order which come first
 * @param limit how many at most, 1 … 10,000
 */
public record SessionQuery(
        @Nullable String listener,
        @Nullable String upstream,
        @Nullable Set<Address> endpoints,
        @Nullable Address client,
        Order order,
        int limit) {
    public static final int MAX_LIMIT = 10_000;
    public static final int DEFAULT_LIMIT = 100;

    /** Which come first. */
    public enum Order {
        /** The oldest. */
        AGE,
        /** Those that have moved the most bytes. */
        BYTES,
        /** Those with the lowest id: by loop, and there the oldest. */
        ID;

        /** A session's place: the lower, the earlier. */
        public long rank(long id, long acceptedAt, long bytes) {
            return switch (this) {
                case AGE -> acceptedAt;
                case BYTES -> -bytes;
                case ID -> id;
            };
        }
    }

    /**
     * @throws IllegalArgumentException when the limit is out of range
     */
    public SessionQuery {
        endpoints = endpoints == null ? null : Set.copyOf(endpoints);
        if (limit < 1 || limit > MAX_LIMIT) {
            throw new IllegalArgumentException("limit is out of range: 1 to " + MAX_LIMIT + ", not " + limit);
        }
    }

    /** Whether one with this record, which is connected there or on its way, is wanted. */
    public boolean matches(SessionRecord record, @Nullable Address endpoint) {
        return (listener == null || listener.equals(record.common().listener()))
                && (upstream == null || upstream.equals(record.common().upstream()))
                && (endpoints == null || (endpoint != null && endpoints.contains(endpoint)))
                && (client == null || isFrom(record.client(), client));
    }

    private static boolean isFrom(Address from, Address wanted) {
        if (wanted.port() != 0) {
            return from.equals(wanted);
        }
        return switch (wanted) {
            case Address.V4 v4 -> from instanceof Address.V4 other && other.address() == v4.address();
            case Address.V6 v6 ->
                from instanceof Address.V6 other
                        && other.high() == v6.high()
                        && other.low() == v6.low()
                        && other.scope() == v6.scope();
            case Address.Unix unix -> from.equals(unix);
        };
    }
}
