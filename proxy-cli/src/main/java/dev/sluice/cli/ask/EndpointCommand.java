package dev.sluice.cli.ask;

import dev.sluice.cli.ask.client.AdminClient;
import dev.sluice.cli.ask.client.Reply;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.options.Kind;
import dev.sluice.cli.options.KindConverter;
import dev.sluice.cli.text.OneLine;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code sluice endpoint}: sets an endpoint by hand. */
@Command(
        name = "endpoint",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = "Sets an endpoint of a running proxy by hand.",
        footer = {
            "",
            "up: whatever its checks say. down: no new sessions; those there end where 'on-down' says so.",
            "drain: no new sessions; those there go on. auto: its checks decide again.",
            "Exit: 0 done, 1 not done, 2 wrong usage."
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields
public final class EndpointCommand extends OneQuestion {
    /** What it is set to. */
    enum Setting {
        UP("up, whatever its checks say"),
        DOWN("down"),
        DRAIN("draining"),
        AUTO("as its checks say");

        private final String words;

        Setting(String words) {
            this.words = words;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The second word. */
    static final class Order extends KindConverter<Setting> {
        Order() {
            super(new Kind.OneOf<>(Setting.class));
        }
    }

    @Parameters(
            index = "0",
            paramLabel = "NAME",
            description = "Its UPSTREAM/ADDRESS, or ADDRESS where no other upstream has it, as 'sluice endpoints' shows"
                    + " them.")
    private String name;

    @Parameters(
            index = "1",
            paramLabel = "up|down|drain|auto",
            converter = Order.class,
            description = "What it is set to.")
    private Setting setting;

    public EndpointCommand(Console console) {
        super(console);
    }

    @Override
    Reply ask(AdminClient client) {
        Server server =
                Server.find(Server.all(client.get(Paths.UPSTREAMS).orFail().objects()), name);
        return client.post(server.path(setting.toString()));
    }

    @Override
    String words(AdminClient client, Reply reply) {
        return OneLine.of("endpoint " + reply.object().getString("upstream") + "/"
                        + reply.object().getString("endpoint") + " is " + setting.words)
                + "\n";
    }
}
