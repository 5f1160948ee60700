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
        int errno) {
    /** What is known of a connection while it lives: filled in on the way, and told when it ends. For its loop's thread only. */
    public static final class Builder {
        private final Address client;
        private final long acceptedAt;
        private String listener;
        private RelayMode relay;
        private @Nullable Address upstream;
        private long connectedAt;
        private boolean connected;
        private @Nullable EndCause cause;
        private int errno;

        /**
         * @param acceptedAt the loop's clock, nanoseconds
         */
        public Builder(String listener, Address client, RelayMode relay, long acceptedAt) {
            this.listener = listener;
            this.client = client;
            this.relay = relay;
            this.acceptedAt = acceptedAt;
        }

        public Address client() {
            return client;
        }

        /** It goes by another configuration of its listener. */
        public Builder by(String name, RelayMode mode) {
            listener = name;
            relay = mode;
            return this;
        }

        /** The endpoint that is being tried, null when there was none. */
        public Builder tried(@Nullable Address endpoint) {
            upstream = endpoint;
            return this;
        }

        /** The endpoint was connected to at this time of the loop's clock. */
        public Builder connected(Address endpoint, long at) {
            upstream = endpoint;
            connectedAt = at;
            connected = true;
            return this;
        }

        /**
         * Why it ends; what is said last counts.
         *
         * @param error the errno behind it, 0 for none
         */
        public Builder because(EndCause why, int error) {
            cause = why;
            errno = error;
            return this;
        }

        /** Why it ends, as far as is known; null before anything was said. */
        public @Nullable EndCause cause() {
            return cause;
        }

        /**
         * It has ended.
         *
         * @param now the loop's clock
         * @param up bytes given to the upstream
         * @param down bytes given to the client
         * @param spliced of both, those that stayed in the kernel
         */
        public SessionEnd end(long now, long up, long down, long spliced) {
            return new SessionEnd(
                    listener,
                    client,
                    upstream,
                    relay,
                    System.currentTimeMillis() - (now - acceptedAt) / 1_000_000,
                    connected ? (connectedAt - acceptedAt) / 1000 : -1,
                    (now - acceptedAt) / 1000,
                    up,
                    down,
                    spliced,
                    cause == null ? EndCause.CLIENT_CLOSED : cause,
                    errno);
        }
    }
}
