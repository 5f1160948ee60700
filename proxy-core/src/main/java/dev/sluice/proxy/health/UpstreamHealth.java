package dev.sluice.proxy.health;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.HealthPolicy;
import dev.sluice.proxy.config.HealthPolicy.OnDown;
import dev.sluice.proxy.stats.EndpointChange;
import dev.sluice.proxy.upstream.Endpoint;
import dev.sluice.proxy.upstream.Sources;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The endpoints of an upstream under one policy, and what is said of all of them together: how many may be healthy, and how many ejected. */
final class UpstreamHealth {
    /** Is told what follows. */
    interface Listener {
        /** An endpoint has gone from one state to another. */
        void changed(EndpointChange change);

        /** A check has come to a verdict. */
        void checked();

        /** There is something to tell later. */
        void untold();

        /** An endpoint is down, and not as an outlier only: of its sessions becomes what the policy says. */
        void wentDown(Endpoint endpoint, OnDown policy);
    }

    /** Of those that are healthy, in a message. */
    private static final int MOST_NAMED = 8;

    private final ProbeContext context;
    private final HealthPolicy policy;
    private final Sources sources;
    private final Listener listener;
    private List<List<EndpointHealth>> members = List.of();
    private Set<EndpointHealth> all = Set.of();
    /** Not among the members any more, but with sessions still. */
    private final Set<EndpointHealth> guests = new LinkedHashSet<>();

    /**
     * @param sources where its checks come from
     */
    UpstreamHealth(ProbeContext context, HealthPolicy policy, Sources sources, Listener listener) {
        this.context = context;
        this.policy = policy;
        this.sources = sources;
        this.listener = listener;
    }

    Listener listener() {
        return listener;
    }

    Sources sources() {
        return sources;
    }

    HealthPolicy policy() {
        return policy;
    }

    /** Who belongs to it: for each member its endpoints. */
    void members(List<List<EndpointHealth>> next) {
        members = next;
        Set<EndpointHealth> each = new LinkedHashSet<>();
        next.forEach(each::addAll);
        all = each;
    }

    /** Members' and guests. */
    Set<EndpointHealth> all() {
        Set<EndpointHealth> both = new LinkedHashSet<>(all);
        both.addAll(guests);
        return both;
    }

    /** One that is no member, and whose sessions go by this policy all the same. */
    void guest(EndpointHealth endpoint) {
        guests.add(endpoint);
    }

    /** The last session of a guest has ended. */
    void forget(EndpointHealth endpoint) {
        guests.remove(endpoint);
    }

    /** Something has changed that may change the state of any of them. */
    void settle() {
        String tooMany = policy.atMost() == 0 ? "" : tooMany();
        long now = context.loop.now();
        for (EndpointHealth endpoint : all) {
            endpoint.settle(now, tooMany);
        }
        for (EndpointHealth endpoint : guests) {
            endpoint.settle(now, ""); // it is none of those of whom there may be too many
        }
    }

    /** Which members are healthy, when those are more than may be; else nothing. */
    private String tooMany() {
        List<Address> healthy = members.stream()
                .flatMap(member ->
                        member.stream().filter(EndpointHealth::isHealthy).limit(1))
                .map(endpoint -> endpoint.endpoint().address())
                .toList();
        if (healthy.size() <= policy.atMost()) {
            return "";
        }
        String some = healthy.stream().limit(MOST_NAMED).map(Address::toString).collect(Collectors.joining(", "));
        return healthy.size() + " members are healthy, and at most " + policy.atMost() + " may be: none is used ("
                + some + (healthy.size() > MOST_NAMED ? " …)" : ")");
    }

    /** Looks for outliers, and takes back those whose time is up. */
    void sample(long now) {
        boolean changed = false;
        for (EndpointHealth endpoint : all) {
            changed |= endpoint.returnsAt(now);
        }
        if (changed) {
            settle(); // those that are back count among those that stay
            changed = false;
        }
        for (EndpointHealth endpoint : all) {
            if (endpoint.isOutlier(now) && mayEject(endpoint)) {
                endpoint.eject(now);
                settle();
            }
        }
    }

    private boolean mayEject(EndpointHealth candidate) {
        int most =
                policy.outliers() == null ? 0 : all.size() * policy.outliers().maxEjected() / 100;
        int ejected = 0;
        boolean oneStays = false;
        for (EndpointHealth endpoint : all) {
            ejected += endpoint.isEjected() ? 1 : 0;
            oneStays |= endpoint != candidate && endpoint.isUsed();
        }
        return ejected < most && oneStays;
    }
}
