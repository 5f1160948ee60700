package dev.sluice.cli.admin;

import com.grack.nanojson.JsonStringWriter;
import com.grack.nanojson.JsonWriter;
import dev.sluice.cli.admin.http.Answer;
import dev.sluice.cli.admin.http.Request;
import dev.sluice.linux.Address;
import dev.sluice.proxy.Proxy;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.stats.LiveSession;
import dev.sluice.proxy.stats.SessionId;
import dev.sluice.proxy.stats.SessionQuery;
import dev.sluice.proxy.stats.SessionSnapshot;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The sessions that live: {@code GET /api/v1/sessions}, and {@code POST /api/v1/sessions/ID/close}. A long list takes some memory: one is
 * made at a time, and few are on their way. Nobody waits longer for that than for the loops.
 */
final class Sessions {
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final List<String> PATH = List.of("api", "v1", "sessions");
    private static final int UNAVAILABLE = 503;
    /** From so many sessions on, a list is a long one: about half a megabyte. */
    private static final int LONG = 1000;

    private static final int MOST_LONG = 2;

    private final Proxy proxy;
    private final ReentrantLock making = new ReentrantLock();
    /** One for each long list, from before it is made until it is written or cut. */
    private final Semaphore longLists = new Semaphore(MOST_LONG);

    Sessions(Proxy proxy) {
        this.proxy = proxy;
    }

    /** Whether a path is that of an order to a session, whichever it names. */
    boolean has(List<String> path) {
        return path.size() == PATH.size() + 2
                && path.subList(0, PATH.size()).equals(PATH)
                && path.getLast().equals("close");
    }

    /** {@code ?limit=N&sort=age|bytes|id&listener=L&upstream=U&endpoint=E&client=ADDRESS}. */
    Answer list(Request request) {
        SessionQuery query;
        try {
            query = query(request);
        } catch (IllegalArgumentException e) {
            return Answer.error(422, String.valueOf(e.getMessage()));
        }
        long until = System.nanoTime() + PATIENCE.toNanos();
        try {
            return query.limit() < LONG ? make(query, until) : makeLong(query, until);
        } catch (InterruptedException e) {
            return interrupted();
        }
    }

    private Answer makeLong(SessionQuery query, long until) throws InterruptedException {
        if (!longLists.tryAcquire(until - System.nanoTime(), TimeUnit.NANOSECONDS)) {
            return Answer.error(
                    UNAVAILABLE,
                    MOST_LONG + " long lists are on their way to others: ask again, or for fewer than " + LONG);
        }
        boolean made = false;
        try {
            Answer answer = make(query, until).then(longLists::release);
            made = true;
            return answer;
        } finally {
            if (!made) {
                longLists.release();
            }
        }
    }

    private Answer make(SessionQuery query, long until) throws InterruptedException {
        if (!making.tryLock(until - System.nanoTime(), TimeUnit.NANOSECONDS)) {
            return Answer.error(UNAVAILABLE, "other lists are being made: ask again");
        }
        try {
            Duration left = Duration.ofNanos(Math.max(0, until - System.nanoTime()));
            return Answer.text(200, Answer.JSON, text(proxy.sessions(query, left)));
        } catch (TimeoutException | IllegalStateException e) {
            return Answer.error(UNAVAILABLE, String.valueOf(e.getMessage()));
        } finally {
            making.unlock();
        }
    }

    private SessionQuery query(Request request) {
        String limit = request.parameter("limit");
        String sort = request.parameter("sort");
        String endpoint = request.parameter("endpoint");
        String client = request.parameter("client");
        return new SessionQuery(
                request.parameter("listener"),
                request.parameter("upstream"),
                endpoint == null ? null : endpoints(endpoint),
                client == null ? null : client(client),
                sort == null ? SessionQuery.Order.AGE : order(sort),
                limit == null ? SessionQuery.DEFAULT_LIMIT : limit(limit));
    }

    private static int limit(String text) {
        try {
            int limit = Integer.parseInt(text);
            if (limit >= 1 && limit <= SessionQuery.MAX_LIMIT) {
                return limit;
            }
        } catch (NumberFormatException e) {
            // as what is out of range
        }
        throw new IllegalArgumentException("limit needs a number, 1 … " + SessionQuery.MAX_LIMIT);
    }

    private static SessionQuery.Order order(String text) {
        for (SessionQuery.Order order : SessionQuery.Order.values()) {
            if (order.name().toLowerCase(Locale.ROOT).equals(text)) {
                return order;
            }
        }
        throw new IllegalArgumentException("sort needs age, bytes or id");
    }

    /** By address, or by what it is called: then it may have several addresses, or none. */
    private Set<Address> endpoints(String text) {
        Set<Address> addresses = new HashSet<>();
        for (EndpointSnapshot endpoint : proxy.endpoints()) {
            Address address = endpoint.address();
            if (address != null
                    && (address.toString().equals(text) || endpoint.name().equals(text))) {
                addresses.add(address);
            }
        }
        return addresses;
    }

    private static Address client(String text) {
        if (text.equals(Address.Unix.UNNAMED.toString())) {
            return Address.Unix.UNNAMED; // as nearly all clients of unix sockets are shown
        }
        try {
            return Address.ofLiteral(text, 0);
        } catch (IllegalArgumentException e) {
            // then it has a port
        }
        try {
            return Address.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "client needs an address, with or without its port, such as 10.0.0.7 or [2001:db8::1]:5432", e);
        }
    }

    /** As a JSON array. */
    static String text(List<LiveSession> sessions) {
        JsonStringWriter json = JsonWriter.string().array();
        for (LiveSession live : sessions) {
            write(json.object(), live);
            json.end();
        }
        return json.end().done() + "\n";
    }

    /** As a line of the access log has it. */
    private static void write(JsonStringWriter json, LiveSession live) {
        SessionSnapshot session = live.session();
        Address endpoint = session.endpoint();
        json.value("id", SessionId.text(session.id()));
        json.value("time", Times.text(session.startMillis()));
        json.value("state", live.state().toString());
        json.value("listener", session.listener());
        json.value("client", session.client().toString());
        textOrNull(json, "upstream", session.upstream());
        textOrNull(json, "endpoint", endpoint == null ? null : endpoint.toString());
        json.value("relay", session.relay().toString());
        json.value("up", session.bytesUp());
        json.value("down", session.bytesDown());
        json.value("spliced", session.bytesSpliced());
        json.value("tries", session.tries());
        millis(json, "wait_ms", session.waitMicros());
        millis(json, "connect_ms", session.connectMicros());
        millis(json, "first_up_ms", session.firstUpMicros());
        millis(json, "first_down_ms", session.firstDownMicros());
        millis(json, "duration_ms", session.durationMicros());
        numberOrNull(json, "rtt_us", session.rttMicros());
        numberOrNull(json, "retransmits", session.retransmits());
    }

    private static void textOrNull(JsonStringWriter json, String key, @Nullable String value) {
        if (value == null) {
            json.nul(key);
        } else {
            json.value(key, value);
        }
    }

    private static void numberOrNull(JsonStringWriter json, String key, int value) {
        if (value < 0) {
            json.nul(key);
        } else {
            json.value(key, value);
        }
    }

    /** With a tenth, as in the access log. */
    private static void millis(JsonStringWriter json, String key, long micros) {
        if (micros < 0) {
            json.nul(key);
        } else {
            long tenths = micros / 100;
            json.value(key, tenths / 10.0);
        }
    }

    /** {@code POST /api/v1/sessions/ID/close}. */
    Answer close(Request request) {
        String word = request.path().get(PATH.size());
        OptionalLong id = SessionId.parse(word);
        try {
            return id.isPresent() && proxy.closeSession(id.getAsLong(), PATIENCE)
                    ? Answer.json(200, Map.of("done", true, "id", word))
                    : Answer.error(404, "there is no session '" + word + "' (any more)");
        } catch (TimeoutException | IllegalStateException e) {
            return Answer.error(UNAVAILABLE, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            return interrupted();
        }
    }

    private static Answer interrupted() {
        Thread.currentThread().interrupt();
        return Answer.error(UNAVAILABLE, "the loops were not waited for");
    }
}
