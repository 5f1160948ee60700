package dev.sluice.cli.ask;

import dev.sluice.cli.ask.client.AdminClient;
import dev.sluice.cli.ask.client.Reply;
import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.text.Units;
import picocli.CommandLine.Command;

/** {@code sluice drain}: as SIGTERM. */
@Command(
        name = "drain",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description =
                "Has a running proxy accept nothing new, and end when its sessions have or 'drain-timeout' is over.",
        footer = {
            "",
            "As SIGTERM does. It does not wait for the end.",
            "Exit: 0 it drains, 1 it cannot be asked, 2 wrong usage."
        })
public final class DrainCommand extends OneQuestion {
    public DrainCommand(Console console) {
        super(console);
    }

    @Override
    Reply ask(AdminClient client) {
        return client.post(Paths.DRAIN);
    }

    /** One without sessions is gone before it can be asked how many there are. */
    @Override
    String words(AdminClient client, Reply reply) {
        try {
            long left = client.get(Paths.STATUS).orFail().object().getLong("sessions");
            return "the proxy drains, " + Units.counted(left, "session") + " left\n";
        } catch (CommandFailure gone) {
            return "the proxy drains\n";
        }
    }
}
