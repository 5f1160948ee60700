package dev.sluice.cli.ask;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import dev.sluice.cli.ask.client.AdminClient;
import dev.sluice.cli.ask.client.Reply;
import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Exit;
import dev.sluice.cli.common.Version;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sluice events}: what has happened lately. */
@Command(
        name = "events",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = "Lists what has happened to a running proxy lately: endpoints up and down, reloads, warnings.",
        footer = {
            "",
            "--json: /api/v1/events; with --follow an object a line.",
            "Exit: 0 done, 1 it cannot be asked (with --follow: at the start), 2 wrong usage."
        })
public final class EventsCommand extends AskCommand {
    private static final long PAUSE_MILLIS = 1000;

    @Option(
            names = {"-f", "--follow"},
            order = 4,
            description = "Go on with what happens from now on, until Ctrl-C; also when the proxy is started anew.")
    private boolean follow;

    public EventsCommand(Console console) {
        super(console);
    }

    @Override
    int run(AdminClient client) {
        if (!follow) {
            Reply reply = client.get(Paths.EVENTS).orFail();
            print(isJson() ? reply.body() : lines(reply.objects()));
            return Exit.OK;
        }
        EventFeed events = new EventFeed(client);
        print(lines(events.next()));
        boolean told = false;
        while (!isUnread()) {
            try {
                Thread.sleep(PAUSE_MILLIS);
            } catch (InterruptedException e) {
                return Exit.FAILED;
            }
            try {
                print(lines(events.next()));
                told = false;
            } catch (CommandFailure e) {
                if (!told) {
                    complain(e.getMessage() + "; waiting for it to be back");
                }
                told = true;
            }
        }
        return Exit.OK;
    }

    private String lines(List<JsonObject> events) {
        return events.stream()
                .map(event -> (isJson() ? JsonWriter.string(event) : line(event)) + "\n")
                .collect(Collectors.joining());
    }

    /** {@code 2026-01-02T03:04:05.678Z health endpoint pg/10.0.0.1:5432 is down: …}. */
    public static String line(JsonObject event) {
        return Cells.text(event, "time") + " " + Cells.text(event, "kind") + " " + Cells.text(event, "text");
    }
}
