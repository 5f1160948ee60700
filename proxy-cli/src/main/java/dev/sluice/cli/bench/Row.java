package dev.sluice.cli.bench;

import dev.sluice.proxy.config.RelayMode;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One of those that are compared. */
sealed interface Row {
    String name();

    /** No proxy at all. */
    record Direct() implements Row {
        @Override
        public String name() {
            return "direct";
        }
    }

    /** A {@code sluice run} of our own. */
    record Relay(RelayMode mode) implements Row {
        @Override
        public String name() {
            return mode.toString();
        }
    }

    /**
     * A proxy that runs already.
     *
     * @param text its address as it was typed
     * @param address where it listens
     * @param pids its processes; none when they are not known
     */
    record External(String name, String text, InetSocketAddress address, List<Long> pids) implements Row {}

    /** All that need nobody else: direct, copy, splice, and what other relays there are. */
    static List<Row> own() {
        List<Row> rows = new ArrayList<>(List.of(new Direct(), new Relay(RelayMode.COPY), new Relay(RelayMode.SPLICE)));
        for (RelayMode mode : RelayMode.values()) {
            if (!rows.contains(new Relay(mode))) {
                rows.add(new Relay(mode));
            }
        }
        return rows;
    }

    /**
     * The one of {@link #own} that is called so.
     *
     * @throws IllegalArgumentException with the names that there are
     */
    static Row parse(String name) {
        for (Row row : own()) {
            if (row.name().equals(name.strip().toLowerCase(Locale.ROOT))) {
                return row;
            }
        }
        throw new IllegalArgumentException("'" + name + "' is not one of "
                + String.join(", ", own().stream().map(Row::name).toList()));
    }
}
