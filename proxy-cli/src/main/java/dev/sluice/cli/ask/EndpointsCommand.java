package dev.sluice.cli.ask;

import com.grack.nanojson.JsonObject;
import dev.sluice.cli.ask.client.AdminClient;
import dev.sluice.cli.ask.client.Reply;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.text.Table;
import java.time.Instant;
import java.util.Set;
import picocli.CommandLine.Command;

/** {@code sluice endpoints}: which servers there are, and which can be used. */
@Command(
        name = "endpoints",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = "Lists the endpoints of a running proxy with their state, and why they are in it.",
        footer = {"", "--json: /api/v1/upstreams.", "Exit: 0 done, 1 it cannot be asked, 2 wrong usage."})
public final class EndpointsCommand extends OneQuestion {
    public EndpointsCommand(Console console) {
        super(console);
    }

    @Override
    Reply ask(AdminClient client) {
        return client.get(Paths.UPSTREAMS);
    }

    @Override
    String words(AdminClient client, Reply reply) {
        Instant now = Instant.now();
        Table table = new Table("  ", Set.of(1, 2, 8, 9));
        table.row(
                "upstream",
                "endpoint",
                "state",
                "sessions",
                "connected",
                "failures",
                "rtt",
                "since",
                "check",
                "reason");
        for (Server server : Server.all(reply.objects())) {
            JsonObject endpoint = server.endpoint();
            JsonObject health = server.health();
            table.row(
                    server.upstreamText(),
                    server.text(),
                    Cells.text(endpoint, "state"),
                    Cells.count(endpoint, "sessions"),
                    Cells.count(endpoint, "connected"),
                    Cells.count(endpoint, "failures"),
                    Cells.micros(endpoint, "rtt_us"),
                    Cells.ago(health, "since", now),
                    Cells.text(health, "check"),
                    Cells.text(health, "reason"));
        }
        return table.toString();
    }
}
