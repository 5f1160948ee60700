package dev.sluice.proxy.control;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.AdminState;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.health.HealthKeeper;
import dev.sluice.proxy.takeover.ByHand;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What was set by hand, as it goes to the next process and comes from the one before. On control's thread. */
final class SetByHand {
    private final EndpointRegistry endpoints;
    private final HealthKeeper health;
    private final Consumer<String> warnings;

    SetByHand(EndpointRegistry endpoints, HealthKeeper health, Consumer<String> warnings) {
        this.endpoints = endpoints;
        this.health = health;
        this.warnings = warnings;
    }

    /** All of it. */
    List<ByHand> all() {
        List<ByHand> all = new ArrayList<>();
        endpoints.upstreams().stream()
                .filter(upstream -> upstream.paused())
                .forEach(upstream -> all.add(new ByHand(upstream.name(), "", "", ByHand.PAUSED)));
        health.eachOrder((upstream, address, state) ->
                all.add(new ByHand(upstream, endpoints.name(upstream, address), address.toString(), state.toString())));
        return all;
    }

    /**
     * Sets it here, before the first configuration is gone over to; what that does not have is dropped, with a warning.
     *
     * @return what was set
     */
    List<ByHand> restore(List<ByHand> before, Resolved first) throws Refusal {
        Map<String, UpstreamConfig> upstreams = new TreeMap<>();
        first.config().upstreams().forEach(upstream -> upstreams.put(upstream.name(), upstream));
        List<ByHand> kept = new ArrayList<>();
        for (ByHand each : before) {
            UpstreamConfig upstream = upstreams.get(each.upstream());
            String problem = upstream == null
                    ? "this configuration has no upstream '" + each.upstream() + "'"
                    : restore(each, upstream, first);
            if (problem == null) {
                kept.add(each);
            } else {
                warnings.accept("not kept of what was set by hand: " + each + ": " + problem);
            }
        }
        return kept;
    }

    private @Nullable String restore(ByHand each, UpstreamConfig upstream, Resolved first) throws Refusal {
        if (each.state().equals(ByHand.PAUSED)) {
            endpoints.state(upstream.name()).pause(true);
            return null;
        }
        AdminState state;
        try {
            state = AdminState.valueOf(each.state().toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            return "this version does not know that";
        }
        Address address = address(each, first.members(upstream));
        if (address == null) {
            return "upstream '" + upstream.name() + "' has no such endpoint in this configuration";
        }
        health.order(upstream.name(), address, state);
        return null;
    }

    /**
     * The endpoint of this address; else the one of this name, if it has one address now. A name that is not known for now, or has several,
     * may have the old address again.
     */
    private static @Nullable Address address(ByHand of, List<Resolved.Member> members) {
        List<Address> named = null;
        for (Resolved.Member member : members) {
            for (Address address : member.addresses()) {
                if (address.toString().equals(of.address())) {
                    return address;
                }
            }
            if (member.name().equals(of.endpoint())) {
                named = member.addresses();
            }
        }
        if (named == null) {
            return null;
        }
        try {
            return named.size() == 1 ? named.getFirst() : Address.parse(of.address());
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
