package dev.sluice.cli.admin;

import dev.sluice.cli.admin.http.Answer;
import dev.sluice.cli.admin.http.Dispatcher;
import dev.sluice.cli.admin.http.Request;
import dev.sluice.cli.metrics.Metrics;
import dev.sluice.cli.metrics.Scrape;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** The paths of the admin interface. */
final class Api implements Dispatcher {
    private static final String GET = "GET";
    private static final String POST = "POST";

    private final Map<String, Function<Request, Answer>> reads;
    private final Map<String, Function<Request, Answer>> orders;
    private final EndpointOrders endpoints;

    Api(Target target, Metrics metrics) {
        States states = new States(target, metrics);
        Scrape scrape = new Scrape(metrics, target.proxy(), target);
        Readiness readiness = new Readiness(target.proxy());
        ServiceOrders service = new ServiceOrders(target);
        this.endpoints = new EndpointOrders(target.proxy());
        this.reads = Map.of(
                "", request -> Page.index(),
                "healthz", request -> Answer.json(200, Map.of("alive", true)),
                "readyz", request -> readiness.answer(),
                "metrics", request -> Answer.text(200, Scrape.TYPE, scrape.text()),
                "api/v1/status", request -> Answer.json(200, states.status()),
                "api/v1/config", request -> Answer.json(200, target.configuration()),
                "api/v1/listeners", request -> Answer.json(200, states.listeners()),
                "api/v1/upstreams", request -> Answer.json(200, states.upstreams()),
                "api/v1/events", states::events);
        this.orders = Map.of(
                "api/v1/reload", request -> service.reload(),
                "api/v1/drain", request -> service.drain(),
                "api/v1/quit", request -> service.quit());
    }

    @Override
    public Set<String> methods(Request request) {
        String path = String.join("/", request.path());
        if (reads.containsKey(path) || isOfPage(request.path())) {
            return Set.of(GET);
        }
        return orders.containsKey(path) || isOfUpstream(request.path()) ? Set.of(POST) : Set.of();
    }

    private static boolean isOfPage(List<String> path) {
        return path.size() > 1 && path.getFirst().equals(Page.ASSETS);
    }

    private boolean isOfUpstream(List<String> path) {
        return path.size() > 3 && path.subList(0, 3).equals(List.of("api", "v1", "upstreams")) && endpoints.has(path);
    }

    @Override
    public Answer answer(Request request) {
        String path = String.join("/", request.path());
        if (isOfPage(request.path())) {
            return Page.file(request);
        }
        Function<Request, Answer> known = reads.getOrDefault(path, orders.get(path));
        return known == null ? endpoints.answer(request) : known.apply(request);
    }
}
