package dev.sluice.cli.ask;

import com.grack.nanojson.JsonObject;
import dev.sluice.cli.ask.client.AdminClient;
import dev.sluice.cli.ask.client.Reply;
import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.options.Kind;
import dev.sluice.cli.options.KindConverter;
import dev.sluice.cli.text.OneLine;
import dev.sluice.cli.text.Units;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sluice upstream}: pauses an upstream, or has its sessions spread anew. */
@Command(
        name = "upstream",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = "Tells a running proxy what to do with an upstream.",
        footer = {
            "",
            "pause: new connections are held, until they may wait no longer. resume: they go on.",
            "rebalance: a fraction of the sessions ends, so that their clients come again and are spread anew.",
            "Exit: 0 done, 1 not done, 2 wrong usage."
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields
public final class UpstreamCommand extends OneQuestion {
    private static final int NOT_FOUND = 404;
    private static final int MOST_NAMED = 10;

    /** The second word. */
    enum Order {
        PAUSE,
        RESUME,
        REBALANCE;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The second word. */
    static final class Words extends KindConverter<Order> {
        Words() {
            super(new Kind.OneOf<>(Order.class));
        }
    }

    @Parameters(index = "0", paramLabel = "NAME", description = "The upstream.")
    private String name;

    @Parameters(
            index = "1",
            paramLabel = "pause|resume|rebalance",
            converter = Words.class,
            description = "What to do with it.")
    private Order order;

    @Option(
            names = "--fraction",
            paramLabel = "F",
            order = 4,
            description = "Of the sessions that rebalance ends, 0 to 1. Default: 0.2.")
    private @Nullable Double fraction;

    public UpstreamCommand(Console console) {
        super(console);
    }

    @Override
    Reply ask(AdminClient client) {
        if (fraction != null && order != Order.REBALANCE) {
            throw usage("--fraction is for rebalance");
        }
        double part = fraction == null ? 0.2 : fraction;
        if (!(part >= 0 && part <= 1)) {
            throw usage("--fraction '" + fraction + "' is not in 0 to 1");
        }
        String query = order == Order.REBALANCE ? "?fraction=" + part : "";
        Reply reply = client.post(Paths.UPSTREAMS + "/" + AdminClient.encode(name) + "/" + order + query);
        if (reply.status() == NOT_FOUND && !isJson()) {
            throw new CommandFailure("there is no upstream '" + name + "'; there are "
                    + client.get(Paths.UPSTREAMS).orFail().objects().stream()
                            .map(upstream -> upstream.getString("name", ""))
                            .limit(MOST_NAMED)
                            .collect(Collectors.joining(", ")));
        }
        return reply;
    }

    @Override
    String words(AdminClient client, Reply reply) {
        JsonObject answer = reply.object();
        String done = switch (order) {
            case PAUSE -> " is paused: new connections are held" + heldFor(answer);
            case RESUME -> " takes connections again";
            case REBALANCE -> ": " + Units.counted(answer.getLong("ended"), "session") + " ended";
        };
        return OneLine.of("upstream " + answer.getString("upstream") + done) + "\n";
    }

    /** Until they are ended, which a pause must be over by. Nothing where no listener has this upstream. */
    private static String heldFor(JsonObject answer) {
        List<JsonObject> all = Reply.objects(answer.getArray("held_for"));
        Set<String> times = new LinkedHashSet<>();
        List<String> each = new ArrayList<>();
        for (JsonObject one : all) {
            String time = Units.format(Duration.ofMillis(one.getLong("ms")));
            times.add(time);
            each.add(one.getString("listener", "") + ": " + time);
        }
        return all.isEmpty()
                ? ""
                : " for " + (times.size() == 1 ? times.iterator().next() : String.join(", ", each))
                        + " at most, and ended then; resume it before that";
    }
}
