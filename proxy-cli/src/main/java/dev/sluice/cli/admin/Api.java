package dev.sluice.cli.admin;

import dev.sluice.cli.admin.http.AdminServer;
import dev.sluice.cli.admin.http.Answer;
import dev.sluice.cli.admin.http.Dispatcher;
import dev.sluice.cli.admin.http.Request;
import dev.sluice.cli.metrics.Metrics;
import dev.sluice.cli.metrics.Scrape;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The paths of the admin interface. */
final class Api implements Dispatcher {
    private static final String GET = "GET";
    private static final String POST = "POST";
    /** The first status that says that something was not done (RFC 9110, 15). */
    private static final int NOT_DONE = 300;

    /** What no loop is asked for, and what ends it all. */
    private static final Set<String> AT_ONCE =
            Set.of("", "healthz", "api/v1/config", "api/v1/listeners", "api/v1/events", "api/v1/drain", "api/v1/quit");

    /** Requests at once that may wait for loops; there must be connections left for those that need not, when a loop hangs. */
    static final int MOST_WAITING = AdminServer.MOST - 4;

    private static final int UNAVAILABLE = 503;

    private final Semaphore waiting = new Semaphore(MOST_WAITING);
    private final Map<String, Function<Request, Answer>> reads;
    private final Map<String, Function<Request, Answer>> orders;
    private final EndpointOrders endpoints;
    private final Sessions sessions;
    private final OrderLog log;

    /** @param given is told of each order that was carried out, in one line */
    Api(Target target, Metrics metrics, Consumer<String> given) {
        States states = new States(target, metrics);
        Scrape scrape = new Scrape(metrics, target.proxy(), target);
        Readiness readiness = new Readiness(target);
        ServiceOrders service = new ServiceOrders(target);
        this.log = new OrderLog(given);
        this.endpoints = new EndpointOrders(target.proxy(), log);
        this.sessions = new Sessions(target.proxy());
        this.reads = Map.of(
                "", request -> Page.index(),
                "healthz", request -> Answer.json(200, Map.of("alive", true)),
                "readyz", request -> readiness.answer(),
                "metrics", request -> Answer.text(200, Scrape.TYPE, scrape.text()),
                "api/v1/status", request -> Answer.json(200, states.status()),
                "api/v1/config", request -> Answer.json(200, target.configuration()),
                "api/v1/listeners", request -> Answer.json(200, states.listeners()),
                "api/v1/upstreams", request -> Answer.json(200, states.upstreams()),
                "api/v1/sessions", sessions::list,
                "api/v1/events", states::events);
        this.orders = Map.of(
                "api/v1/reload", request -> service.reload(),
                "api/v1/drain", request -> service.drain(),
                "api/v1/quit", request -> service.quit());
    }

    @Override
    public Set<String> methods(Request request) {
        String path = name(request);
        if (reads.containsKey(path) || isOfPage(request.path())) {
            return Set.of(GET);
        }
        boolean isOrder = orders.containsKey(path) || isOfUpstream(request.path()) || sessions.has(request.path());
        return isOrder ? Set.of(POST) : Set.of();
    }

    /** What it is among those that have no parameter: a slash that was sent as %2F is part of a segment, and ends none. */
    private static String name(Request request) {
        return request.path().stream()
                .map(segment -> segment.replace("/", "%2F"))
                .collect(Collectors.joining("/"));
    }

    private static boolean isOfPage(List<String> path) {
        return path.size() > 1 && path.getFirst().equals(Page.ASSETS);
    }

    private boolean isOfUpstream(List<String> path) {
        return path.size() > 3 && path.subList(0, 3).equals(List.of("api", "v1", "upstreams")) && endpoints.has(path);
    }

    @Override
    public Answer answer(Request request) {
        if (isOfPage(request.path())) {
            return Page.file(request);
        }
        String path = name(request);
        if (AT_ONCE.contains(path)) {
            return answer(request, path);
        }
        if (!waiting.tryAcquire()) {
            return Answer.error(
                    UNAVAILABLE, MOST_WAITING + " others wait for what this must wait for, too: the loops. Ask again");
        }
        try {
            return answer(request, path);
        } finally {
            waiting.release();
        }
    }

    private Answer answer(Request request, String path) {
        Function<Request, Answer> read = reads.get(path);
        if (read != null) {
            return read.apply(request);
        }
        Function<Request, Answer> order = orders.get(path);
        if (order != null) {
            return told(request, order.apply(request));
        }
        if (sessions.has(request.path())) {
            return told(request, sessions.close(request));
        }
        return endpoints.answer(request);
    }

    private Answer told(Request order, Answer answer) {
        if (answer.status() < NOT_DONE) {
            log.given(order);
        }
        return answer;
    }
}
