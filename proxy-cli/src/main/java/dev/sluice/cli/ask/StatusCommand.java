package dev.sluice.cli.ask;

import com.grack.nanojson.JsonObject;
import dev.sluice.cli.ask.client.AdminClient;
import dev.sluice.cli.ask.client.Reply;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.text.Table;
import dev.sluice.cli.text.Units;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Command;

/** {@code sluice status}: how a running proxy is, its listeners and upstreams. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = "Shows how a running proxy is, with its listeners and upstreams.",
        footer = {"", "--json: /api/v1/status.", "Exit: 0 done, 1 it cannot be asked, 2 wrong usage."})
public final class StatusCommand extends OneQuestion {
    private static final String GAP = "  ";

    public StatusCommand(Console console) {
        super(console);
    }

    @Override
    Reply ask(AdminClient client) {
        return client.get(Paths.STATUS);
    }

    @Override
    String words(AdminClient client, Reply reply) {
        JsonObject status = reply.object();
        String loops = loops(Reply.objects(status.getArray("loops")));
        return head(status) + "\n"
                + listeners(client.get(Paths.LISTENERS).orFail().objects()) + "\n"
                + upstreams(client.get(Paths.UPSTREAMS).orFail().objects()) + (loops.isEmpty() ? "" : "\n" + loops);
    }

    private static String head(JsonObject status) {
        JsonObject counters = status.getObject("counters", new JsonObject());
        JsonObject reloads = status.getObject("reloads", new JsonObject());
        long up = counters.getLong("bytes_up");
        long down = counters.getLong("bytes_down");
        long spliced = counters.getLong("bytes_spliced");
        Table table = new Table(GAP, Set.of(1));
        table.row(
                "sluice " + Cells.text(status, "version"),
                state(status)
                        + Units.approximate(Duration.ofSeconds(status.getLong("uptime_seconds"))) + ", pid "
                        + Cells.count(status, "pid") + ", JDK " + Cells.text(status, "java"));
        table.row(
                "sessions", Cells.count(status, "sessions") + " of " + Cells.count(counters, "accepted") + " accepted");
        String left = Cells.drainLeft(status);
        if (!left.equals(Cells.NONE)) {
            table.row("draining", "the sessions that are left are cut in " + left);
        }
        for (JsonObject before : Reply.objects(status.getArray("predecessors"))) {
            table.row(
                    "predecessor",
                    "pid " + Cells.count(before, "pid") + " has sessions left: sluice sessions --admin "
                            + Cells.text(before, "admin"));
        }
        table.row(
                "bytes",
                Units.approximateSize(up) + " up, " + Units.approximateSize(down) + " down"
                        + (up + down > 0 ? ", " + Math.round(100.0 * spliced / (up + down)) + "% spliced" : ""));
        table.row(
                "reloads",
                Cells.count(reloads, "applied") + " applied, " + Cells.count(reloads, "refused") + " refused");
        if (status.getLong("log_dropped") > 0) {
            table.row("log", Cells.count(status, "log_dropped") + " lines dropped");
        }
        return table.toString();
    }

    /** One that is about to drain says when. */
    private static String state(JsonObject status) {
        String state = Cells.text(status, "state");
        String drainsIn = Cells.drainsIn(status);
        return drainsIn.equals(Cells.NONE) ? state + " for " : state + " (drains in " + drainsIn + "), up for ";
    }

    private static String listeners(List<JsonObject> listeners) {
        Table table = new Table(GAP, Set.of(1, 2, 3, 4));
        table.row("listener", "address", "upstream", "relay", "listening", "accepted", "up", "down");
        for (JsonObject listener : listeners) {
            table.row(
                    Cells.text(listener, "name"),
                    Cells.text(listener, "address"),
                    Cells.text(listener, "upstream"),
                    Cells.text(listener, "relay"),
                    Cells.yesOrNo(listener, "listening"),
                    Cells.count(listener, "accepted"),
                    Cells.size(listener, "bytes_up"),
                    Cells.size(listener, "bytes_down"));
        }
        return table.toString();
    }

    private static String upstreams(List<JsonObject> upstreams) {
        Table table = new Table(GAP, Set.of(1));
        table.row("upstream", "state", "endpoints up", "held");
        for (JsonObject upstream : upstreams) {
            List<JsonObject> endpoints = Reply.objects(upstream.getArray("endpoints"));
            long up = endpoints.stream()
                    .filter(endpoint -> "up".equals(endpoint.getString("state")))
                    .count();
            table.row(
                    Cells.text(upstream, "name"),
                    upstream.getBoolean("paused") ? "paused" : upstream.getBoolean("up") ? "up" : "down",
                    up + " of " + endpoints.size(),
                    Cells.count(upstream, "held"));
        }
        return table.toString();
    }

    /** Nothing where the proxy tells of none. */
    private static String loops(List<JsonObject> loops) {
        if (loops.isEmpty()) {
            return "";
        }
        Table table = new Table(GAP);
        table.row("loop", "busy", "turn p50", "p99", "max", "sessions");
        for (JsonObject loop : loops) {
            table.row(
                    Cells.count(loop, "loop"),
                    Cells.percent(loop, "busy"),
                    Cells.micros(loop, "turn_p50_us"),
                    Cells.micros(loop, "turn_p99_us"),
                    Cells.micros(loop, "turn_max_us"),
                    Cells.count(loop, "sessions"));
        }
        return table.toString();
    }
}
