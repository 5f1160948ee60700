package dev.sluice.cli.names;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of a host.
 *
 * @param addresses at least one, none twice, those first that are to be tried first ({@link AddressOrder})
 * @param goodFor when to ask again: the smallest TTL on the way to the addresses, aliases included, within the settings' bounds
 * @param missing why one family of addresses was not told, while the other one was: a server that answers A but not AAAA. Who has
 *     addresses of that family from before may want to keep them
 */
public record Answer(
        List<InetAddress> addresses,
        Duration goodFor,
        @Nullable LookupException missing) {
    public Answer {
        addresses = List.copyOf(addresses);
    }

    Answer(List<InetAddress> addresses, Duration goodFor) {
        this(addresses, goodFor, null);
    }
}
