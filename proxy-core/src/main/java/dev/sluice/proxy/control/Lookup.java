package dev.sluice.proxy.control;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointSource;
import dev.sluice.proxy.names.Found;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What has become of a source of endpoints.
 *
 * @param found none when it is not known; of an address one at most
 * @param goodFor how long that is good
 * @param problem why it is not known now; null when it is
 */
record Lookup(
        EndpointSource source,
        List<Found> found,
        Duration goodFor,
        @Nullable String problem) {
    Lookup {
        found = List.copyOf(found);
    }

    static Lookup failed(EndpointSource source, String problem) {
        return new Lookup(source, List.of(), Duration.ZERO, problem);
    }

    /** Where an endpoint of it is. */
    List<Address> addresses(EndpointAddress endpoint) {
        Found of = of(endpoint);
        return of == null ? List.of() : of.addresses();
    }

    private @Nullable Found of(EndpointAddress endpoint) {
        return found.stream()
                .filter(each -> each.address().equals(endpoint))
                .findFirst()
                .orElse(null);
    }

    /** Names in it that are to be looked up on their own. */
    Set<EndpointAddress> names() {
        Set<EndpointAddress> names = new LinkedHashSet<>();
        for (Found each : found) {
            if (each.isToBeLookedUp()) {
                names.add(each.address());
            }
        }
        return names;
    }

    /** The same, with what was known before of that which is not known now. */
    Lookup after(@Nullable Lookup before) {
        if (before == null) {
            return this;
        }
        if (problem != null) {
            return new Lookup(source, before.found, goodFor, problem);
        }
        return new Lookup(
                source,
                found.stream()
                        .map(each -> each.problem() == null
                                ? each
                                : each.withAddresses(whole(each.addresses(), before.addresses(each.address()))))
                        .toList(),
                goodFor,
                null);
    }

    /** Where a family of addresses was not told, those from before are still true. */
    private static List<Address> whole(List<Address> told, List<Address> before) {
        List<Address> whole = new ArrayList<>(told);
        for (Address each : before) {
            if (told.stream().noneMatch(now -> now.getClass() == each.getClass())) {
                whole.add(each);
            }
        }
        return whole;
    }

    /** Whether the other one says the same. Servers turn the order of addresses, so that clients spread: that is no difference. */
    boolean isSame(Lookup other) {
        return unordered(this).equals(unordered(other));
    }

    private static List<Object> unordered(Lookup lookup) {
        List<Object> all = new ArrayList<>();
        for (Found each : lookup.found) {
            all.add(new Found(each.address(), each.weight(), each.maxSessions(), each.backup(), List.of(), null));
            all.add(new HashSet<>(each.addresses()));
        }
        return all;
    }

    /** Its own, and those of each endpoint; empty texts for none. */
    List<String> problems() {
        List<String> all = new ArrayList<>();
        all.add(problem == null ? "" : problem);
        found.forEach(each -> all.add(each.problem() == null ? "" : each.problem()));
        return all;
    }
}
