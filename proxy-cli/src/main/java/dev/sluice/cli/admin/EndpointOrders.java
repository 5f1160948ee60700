package dev.sluice.cli.admin;

import dev.sluice.cli.admin.http.Answer;
import dev.sluice.cli.admin.http.Request;
import dev.sluice.linux.Address;
import dev.sluice.proxy.ApplyException;
import dev.sluice.proxy.BoundListener;
import dev.sluice.proxy.Proxy;
import dev.sluice.proxy.config.AdminState;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.stats.UpstreamSnapshot;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * Orders to upstreams and their endpoints: {@code /api/v1/upstreams/U/pause} and {@code /api/v1/upstreams/U/endpoints/E/down}. What such a
 * path does not name is not found, but a name that nobody has.
 */
final class EndpointOrders {
    private static final int UPSTREAM = 3;
    private static final int ENDPOINT = 5;
    private static final Map<String, AdminState> STATES =
            Map.of("up", AdminState.UP, "down", AdminState.DOWN, "drain", AdminState.DRAIN, "auto", AdminState.NONE);
    private static final List<String> OF_UPSTREAM = List.of("pause", "resume", "rebalance");

    private final Proxy proxy;
    private final OrderLog log;

    EndpointOrders(Proxy proxy, OrderLog log) {
        this.proxy = proxy;
        this.log = log;
    }

    /** Whether a path is one of these, whatever upstream and endpoint it names. */
    boolean has(List<String> path) {
        String order = path.getLast();
        return switch (path.size()) {
            case UPSTREAM + 2 -> OF_UPSTREAM.contains(order);
            case ENDPOINT + 2 -> path.get(UPSTREAM + 1).equals("endpoints") && STATES.containsKey(order);
            default -> false;
        };
    }

    Answer answer(Request request) {
        List<String> path = request.path();
        String upstream = path.get(UPSTREAM);
        String order = path.getLast();
        if (proxy.upstreams().stream().noneMatch(one -> one.name().equals(upstream))) {
            return Answer.error(404, "there is no upstream '" + upstream + "'");
        }
        try {
            AdminState state = path.size() == ENDPOINT + 2 ? STATES.get(order) : null;
            return state == null ? upstream(upstream, order, request) : endpoint(upstream, state, request);
        } catch (ApplyException | NoSuchElementException | IllegalStateException e) {
            return Answer.error(409, String.valueOf(e.getMessage()));
        }
    }

    private Answer upstream(String name, String order, Request request) throws ApplyException {
        switch (order) {
            case "pause" -> proxy.pause(name);
            case "resume" -> proxy.resume(name);
            default -> {
                return rebalance(name, request);
            }
        }
        log.given(request);
        boolean paused = order.equals("pause");
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("upstream", name);
        answer.put("paused", paused);
        if (paused) {
            answer.put("held_for", heldFor(name));
        }
        return Answer.json(200, answer);
    }

    /** How long connections are held in a pause, by their listener: as long as they may take to be connected, or be held anyway. */
    private List<Map<String, Object>> heldFor(String name) {
        Duration hold = proxy.upstreams().stream()
                .filter(upstream -> upstream.name().equals(name))
                .map(UpstreamSnapshot::hold)
                .findFirst()
                .orElse(Duration.ZERO);
        Map<String, Map<String, Object>> all = new LinkedHashMap<>();
        for (BoundListener listener : proxy.listeners()) {
            if (listener.config().upstream().equals(name)) {
                Duration deadline = listener.config().timeouts().connectDeadline();
                Duration held = deadline.compareTo(hold) > 0 ? deadline : hold;
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("listener", listener.config().name());
                one.put("ms", held.toMillis());
                all.put(listener.config().name(), one);
            }
        }
        return List.copyOf(all.values());
    }

    private Answer rebalance(String name, Request request) throws ApplyException {
        String fraction = request.parameter("fraction");
        double part;
        try {
            part = Double.parseDouble(String.valueOf(fraction));
        } catch (NumberFormatException e) {
            part = Double.NaN;
        }
        if (!(part >= 0 && part <= 1)) {
            return Answer.error(422, "the order needs ?fraction=0 … 1, such as 0.2");
        }
        int ended = proxy.rebalance(name, part);
        log.given(request);
        return Answer.json(200, Map.of("upstream", name, "ended", ended));
    }

    /** An endpoint that is in another state afterwards says so itself, and that it was set by hand. */
    private Answer endpoint(String upstream, AdminState state, Request request) {
        String name = request.path().get(ENDPOINT);
        Optional<EndpointSnapshot> before = find(upstream, name);
        Optional<Address> address = before.flatMap(one -> Optional.ofNullable(one.address()));
        if (address.isEmpty()) {
            return Answer.error(404, "upstream '" + upstream + "' has no endpoint '" + name + "'");
        }
        proxy.endpoint(upstream, address.get(), state);
        if (find(upstream, name).map(EndpointSnapshot::state).equals(before.map(EndpointSnapshot::state))) {
            log.given(request);
        }
        return Answer.json(200, Map.of("upstream", upstream, "endpoint", name, "set", state.toString()));
    }

    private Optional<EndpointSnapshot> find(String upstream, String name) {
        return proxy.endpoints().stream()
                .filter(endpoint -> endpoint.upstream().equals(upstream))
                .filter(endpoint -> name.equals(String.valueOf(endpoint.address())))
                .findFirst();
    }
}
