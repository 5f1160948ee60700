package dev.sluice.cli.names.source;

import dev.sluice.cli.names.LookupException;
import dev.sluice.cli.names.Services;
import dev.sluice.cli.names.Services.Service;
import dev.sluice.linux.Address;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointConfig;
import dev.sluice.proxy.names.Found;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the records of a service say of its servers (RFC 2782). Those of the lowest priority are used, all others are backups. Weights are in
 * proportion to those of the same priority: as they are up to {@link EndpointConfig#MAX_WEIGHT}, else the largest becomes that. Beside
 * others, 0 is the smallest there is, since such a server is to get some sessions; where all are 0, nothing is said of weights.
 */
final class ServiceEndpoints {
    private ServiceEndpoints() {}

    /** Each server that can be one: a record without a port, or for a host that cannot be, is left out. */
    static List<Found> of(Services services) {
        List<Service> usable = services.services().stream()
                .filter(service -> address(service) != null)
                .toList();
        Map<Integer, Integer> largest = new HashMap<>();
        usable.forEach(service -> largest.merge(service.priority(), service.weight(), Math::max));
        int first = usable.stream().mapToInt(Service::priority).min().orElse(0);
        List<Found> found = new ArrayList<>();
        for (Service service : usable) {
            EndpointAddress address = address(service);
            if (address != null) {
                found.add(new Found(
                        address,
                        weight(service.weight(), largest.getOrDefault(service.priority(), 0)),
                        null,
                        service.priority() > first,
                        service.addresses().stream()
                                .map(each -> Address.of(each, service.port()))
                                .toList(),
                        problem(service)));
            }
        }
        return found;
    }

    private static @Nullable EndpointAddress address(Service service) {
        if (service.port() == 0) {
            return null;
        }
        try {
            return new EndpointAddress.Tcp(service.target(), service.port());
        } catch (IllegalArgumentException e) {
            return null; // the root, or a number
        }
    }

    /** Null when nothing is said. */
    private static @Nullable Integer weight(int weight, int largest) {
        if (largest == 0) {
            return null;
        }
        int most = EndpointConfig.MAX_WEIGHT;
        return Math.max(1, largest <= most ? weight : Math.round((float) weight * most / largest));
    }

    private static @Nullable String problem(Service service) {
        LookupException problem = service.problem();
        if (problem != null) {
            return String.valueOf(problem.getMessage());
        }
        return service.addresses().isEmpty() ? "the host has no address" : null;
    }
}
