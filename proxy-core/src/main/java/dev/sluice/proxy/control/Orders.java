package dev.sluice.proxy.control;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.AdminState;
import dev.sluice.proxy.config.EndpointSource;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.health.HealthKeeper;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.takeover.ByHand;
import dev.sluice.proxy.upstream.Endpoint;
import dev.sluice.proxy.upstream.UpstreamState;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What is ordered by hand, and what was set so, as it goes to the next process and comes from the one before. On control's thread. */
final class Orders {
    /** What was set by hand has been told to the successor, who would not hear of more. */
    private static final String OFFERING =
            "another process is taking over at this moment: nothing is set by hand meanwhile";

    private final DataLoops loops;
    private final EndpointRegistry endpoints;
    private final HealthKeeper health;
    private final BooleanSupplier offering;
    private final Runnable lookSoon;
    private final Consumer<String> warnings;
    /** When the sessions that were to end last have ended. */
    private CompletableFuture<Void> closing = CompletableFuture.completedFuture(null);

    /**
     * @param offering whether a successor is being told of {@link #all}: meanwhile nothing is set
     * @param lookSoon has it looked whether the listeners of an upstream that is paused, or goes on, listen
     */
    Orders(
            DataLoops loops,
            EndpointRegistry endpoints,
            HealthKeeper health,
            BooleanSupplier offering,
            Runnable lookSoon,
            Consumer<String> warnings) {
        this.loops = loops;
        this.endpoints = endpoints;
        this.health = health;
        this.offering = offering;
        this.lookSoon = lookSoon;
        this.warnings = warnings;
    }

    /**
     * Pauses an upstream, or goes on: while it is paused, new connections to it are held. Completes when those that are held have been
     * woken.
     *
     * @throws Refusal when there is no such upstream, or a successor has been told already what is paused
     */
    CompletableFuture<Void> pause(String upstream, boolean on) throws Refusal {
        if (offering.getAsBoolean()) {
            throw new Refusal(OFFERING);
        }
        UpstreamState state = endpoints.state(upstream);
        state.pause(on);
        lookSoon.run();
        return on ? CompletableFuture.completedFuture(null) : loops.wake(state);
    }

    /**
     * Ends some sessions of an upstream, so that their clients connect anew.
     *
     * @param fraction of them, 0 … 1
     * @return how many
     * @throws Refusal when there is no such upstream
     */
    CompletableFuture<Integer> rebalance(String upstream, double fraction) throws Refusal {
        endpoints.state(upstream);
        return loops.rebalance(upstream, fraction);
    }

    /**
     * Sets an endpoint by hand.
     *
     * @param close whether its sessions end when it is set down, even if its upstream keeps them
     * @return done when every loop knows
     * @throws java.util.NoSuchElementException when there is no such endpoint
     * @throws IllegalStateException when a successor has been told already what is set by hand
     */
    CompletableFuture<Void> set(String upstream, Address address, AdminState state, boolean close) {
        if (offering.getAsBoolean()) {
            throw new IllegalStateException(OFFERING);
        }
        closing = CompletableFuture.completedFuture(null);
        Endpoint endpoint = health.byHand(upstream, address, state);
        if (close && state == AdminState.DOWN) {
            end(endpoint);
        }
        return closing;
    }

    /** Ends the sessions of an endpoint that is down. */
    void end(Endpoint endpoint) {
        closing = CompletableFuture.allOf(closing, loops.endSessions(endpoint, EndCause.DOWN));
    }

    /** What is set by hand. */
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
        Address address = address(each, upstream, first.members(upstream));
        if (address == null) {
            return "upstream '" + upstream.name() + "' has no such endpoint in this configuration";
        }
        health.order(upstream.name(), address, state);
        return null;
    }

    /**
     * The endpoint of this address; else the one of this name, if it has one address now, since that was its only one before. A name that
     * is not known for now, has several, or had several, may have the old address again.
     */
    private static @Nullable Address address(ByHand of, UpstreamConfig upstream, List<Resolved.Member> members) {
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
        boolean nameless = of.endpoint().isEmpty();
        if (nameless ? upstream.endpointSources().stream().noneMatch(EndpointSource::mayChange) : named == null) {
            return null;
        }
        try {
            return named != null && named.size() == 1 ? named.getFirst() : Address.parse(of.address());
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
