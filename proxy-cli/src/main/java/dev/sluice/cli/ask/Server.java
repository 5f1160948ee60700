package dev.sluice.cli.ask;

import com.grack.nanojson.JsonObject;
import dev.sluice.cli.ask.client.AdminClient;
import dev.sluice.cli.ask.client.Reply;
import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.text.OneLine;
import dev.sluice.cli.text.Units;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint of an upstream, as the proxy tells of it.
 *
 * @param upstream the name of its upstream
 * @param paused whether that is paused
 * @param endpoint what is told of it
 */
public record Server(String upstream, boolean paused, JsonObject endpoint) {
    private static final int MOST_NAMED = 10;

    /** All of them, in the proxy's order. */
    public static List<Server> all(List<JsonObject> upstreams) {
        List<Server> all = new ArrayList<>();
        for (JsonObject upstream : upstreams) {
            for (JsonObject endpoint : Reply.objects(upstream.getArray("endpoints"))) {
                all.add(new Server(upstream.getString("name", ""), upstream.getBoolean("paused"), endpoint));
            }
        }
        return all;
    }

    /**
     * The one that is called so: by {@code UPSTREAM/ENDPOINT}, or by ENDPOINT where only one upstream has it. Upstreams and endpoints may
     * have a slash in their names, so that the name is compared with each, and not taken apart.
     *
     * @throws CommandFailure when there is none, or more than one, with those that there are
     */
    static Server find(List<Server> all, String name) {
        List<Server> found =
                all.stream().filter(server -> server.isCalled(name)).toList();
        if (found.size() == 1) {
            return found.getFirst();
        }
        if (found.isEmpty()) {
            throw new CommandFailure("there is no endpoint '" + name + "'; there "
                    + (all.isEmpty() ? "are none" : (all.size() == 1 ? "is " : "are ") + names(all)));
        }
        throw new CommandFailure(
                "'" + name + "' may be " + Units.counted(found.size(), "endpoint") + ": " + names(found));
    }

    private static String names(List<Server> servers) {
        return servers.stream().limit(MOST_NAMED).map(Server::toString).collect(Collectors.joining(", "))
                + (servers.size() > MOST_NAMED ? " and " + (servers.size() - MOST_NAMED) + " more" : "");
    }

    private boolean isCalled(String name) {
        String called = endpoint.getString("name", "");
        String address = address();
        return name.equals(called)
                || name.equals(address)
                || name.equals(upstream + "/" + called)
                || name.equals(upstream + "/" + address);
    }

    /** Where it is; null while that is not known. */
    public @Nullable String address() {
        return endpoint.getString("address");
    }

    public JsonObject health() {
        return endpoint.getObject("health", new JsonObject());
    }

    /** Its upstream, for a table. */
    public String upstreamText() {
        return OneLine.of(upstream) + (paused ? " (paused)" : "");
    }

    /** Its address, for a table, and what it is called where that says more. */
    public String text() {
        String address = address();
        String called = endpoint.getString("name", Cells.NONE);
        return OneLine.of(address == null || address.equals(called) ? called : address + " (" + called + ")");
    }

    /**
     * Where an order to it is sent.
     *
     * @throws CommandFailure when it has no address
     */
    public String path(String order) {
        String address = address();
        if (address == null) {
            throw new CommandFailure("endpoint " + this + " has no address yet: nothing can be set");
        }
        return Paths.UPSTREAMS + "/" + AdminClient.encode(upstream) + "/endpoints/" + AdminClient.encode(address) + "/"
                + order;
    }

    /** {@code UPSTREAM/ENDPOINT}. */
    @Override
    public String toString() {
        String address = address();
        return upstream + "/" + (address == null ? endpoint.getString("name", Cells.NONE) : address);
    }
}
