package dev.sluice.cli.ask;

import com.grack.nanojson.JsonObject;
import dev.sluice.cli.ask.client.AdminClient;
import dev.sluice.cli.ask.client.Reply;
import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.options.Kind;
import dev.sluice.cli.options.KindConverter;
import dev.sluice.cli.text.Table;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sluice sessions}: who is connected, through what. */
@Command(
        name = "sessions",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = "Lists the live sessions of a running proxy.",
        footer = {"", "--json: /api/v1/sessions.", "Exit: 0 done, 1 it cannot be asked, 2 wrong usage."})
@SuppressWarnings("NullAway.Init") // picocli sets the fields
public final class SessionsCommand extends OneQuestion {
    /** As many as the proxy tells of. */
    private static final int MOST = 10_000;

    private static final int MOST_NAMED = 10;

    /** {@code --limit}. */
    static final class Limit extends KindConverter<Integer> {
        Limit() {
            super(new Kind.OfNumber(1, MOST));
        }
    }

    /** {@code --sort}. */
    enum Order {
        AGE,
        BYTES,
        ID;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** {@code --sort}. */
    static final class Sort extends KindConverter<Order> {
        Sort() {
            super(new Kind.OneOf<>(Order.class));
        }
    }

    @Option(
            names = "--limit",
            paramLabel = "N",
            order = 4,
            converter = Limit.class,
            description = "How many at most, 1 to 10000. Default: 10000.")
    private int limit = MOST;

    @Option(
            names = "--sort",
            paramLabel = "age|bytes|id",
            order = 5,
            converter = Sort.class,
            description = "The oldest first, those with the most bytes, or by id. Default: age.")
    private Order sort = Order.AGE;

    @Option(names = "--listener", paramLabel = "NAME", order = 6, description = "Only those of this listener.")
    private @Nullable String listener;

    @Option(names = "--upstream", paramLabel = "NAME", order = 7, description = "Only those of this upstream.")
    private @Nullable String upstream;

    @Option(names = "--endpoint", paramLabel = "ADDRESS", order = 8, description = "Only those with this endpoint.")
    private @Nullable String endpoint;

    @Option(names = "--client", paramLabel = "ADDRESS", order = 9, description = "Only those of this client.")
    private @Nullable String client;

    public SessionsCommand(Console console) {
        super(console);
    }

    @Override
    Reply ask(AdminClient admin) {
        return admin.get(Paths.SESSIONS + "?limit=" + limit + "&sort=" + sort + parameter("listener", listener)
                + parameter("upstream", upstream) + parameter("endpoint", endpoint) + parameter("client", client));
    }

    private static String parameter(String name, @Nullable String value) {
        return value == null ? "" : "&" + name + "=" + AdminClient.encode(value);
    }

    @Override
    String words(AdminClient admin, Reply reply) {
        List<JsonObject> sessions = reply.objects();
        if (sessions.isEmpty()) {
            checkNames(admin);
            return "no sessions\n";
        }
        Table table = new Table("  ", Set.of(1, 2, 3, 4, 5, 6));
        table.row("id", "client", "listener", "upstream", "endpoint", "relay", "state", "age", "up", "down", "rtt");
        for (JsonObject session : sessions) {
            table.row(
                    Cells.text(session, "id"),
                    Cells.text(session, "client"),
                    Cells.text(session, "listener"),
                    Cells.text(session, "upstream"),
                    Cells.text(session, "endpoint"),
                    Cells.text(session, "relay"),
                    Cells.text(session, "state"),
                    Cells.age(session),
                    Cells.size(session, "up"),
                    Cells.size(session, "down"),
                    Cells.micros(session, "rtt_us"));
        }
        return table.toString();
    }

    @Override
    void printed(AdminClient admin, Reply reply) {
        int shown = reply.objects().size();
        if (shown >= limit) {
            complain("only the first " + shown
                    + (limit < MOST ? "; --limit shows more" : ", the most that a proxy tells of; name a client, say"));
        } else if (shown == 0) {
            checkNames(admin);
        }
    }

    /**
     * None of something that is not there is not the same as none.
     *
     * @throws CommandFailure when what was asked for is not there, with what is
     */
    private void checkNames(AdminClient admin) {
        if (listener != null) {
            check(
                    "listener",
                    listener,
                    names(admin.get(Paths.LISTENERS).orFail().objects()));
        }
        if (upstream == null && endpoint == null) {
            return;
        }
        List<JsonObject> upstreams = admin.get(Paths.UPSTREAMS).orFail().objects();
        if (upstream != null) {
            check("upstream", upstream, names(upstreams));
        }
        if (endpoint != null) {
            Set<String> known = new LinkedHashSet<>();
            for (Server server : Server.all(upstreams)) {
                String address = server.address();
                known.add(server.endpoint().getString("name", ""));
                known.add(address == null ? "" : address);
            }
            known.remove("");
            check("endpoint", endpoint, known);
        }
    }

    private static Set<String> names(List<JsonObject> all) {
        Set<String> names = new LinkedHashSet<>();
        all.forEach(one -> names.add(one.getString("name", "")));
        return names;
    }

    private static void check(String what, String name, Set<String> known) {
        if (!known.contains(name)) {
            String some = known.stream().limit(MOST_NAMED).collect(Collectors.joining(", "));
            throw new CommandFailure("the proxy has no " + what + " '" + name + "'; it has "
                    + (known.isEmpty() ? "none" : some)
                    + (known.size() > MOST_NAMED ? " and " + (known.size() - MOST_NAMED) + " more" : ""));
        }
    }
}
