package dev.sluice.cli.ask.top;

import com.grack.nanojson.JsonObject;
import dev.sluice.cli.ask.EventFeed;
import dev.sluice.cli.ask.Paths;
import dev.sluice.cli.ask.Server;
import dev.sluice.cli.ask.client.AdminClient;
import dev.sluice.cli.ask.client.Reply;
import java.time.Instant;
import java.util.List;

/**
 * What a proxy has told at some moment.
 *
 * @param nanos when, {@link System#nanoTime}
 * @param now the same as a time of day
 * @param sessions some hundred of them, those that were asked for
 * @param events what has happened since the sample before
 */
record Sample(
        long nanos,
        Instant now,
        JsonObject status,
        List<JsonObject> listeners,
        List<Server> servers,
        List<JsonObject> sessions,
        List<JsonObject> events) {
    private static final int SESSIONS = 300;

    /**
     * Asks for all of it.
     *
     * @param sort which sessions: the oldest ({@code age}), or those with the most {@code bytes}
     */
    static Sample take(AdminClient client, String sort, EventFeed feed) {
        JsonObject status = client.get(Paths.STATUS).orFail().object();
        Reply sessions = client.get(Paths.SESSIONS + "?limit=" + SESSIONS + "&sort=" + sort);
        return new Sample(
                System.nanoTime(),
                Instant.now(),
                status,
                client.get(Paths.LISTENERS).orFail().objects(),
                Server.all(client.get(Paths.UPSTREAMS).orFail().objects()),
                sessions.objects(),
                feed.next());
    }

    /** One of the sums of all loops. */
    long counter(String name) {
        return status.getObject("counters", new JsonObject()).getLong(name);
    }

    /** Which process it is. */
    long pid() {
        return status.getLong("pid");
    }
}
