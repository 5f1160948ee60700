package dev.sluice.cli.ask;

import dev.sluice.cli.ask.client.AdminClient;
import dev.sluice.cli.ask.client.Reply;
import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.text.Units;
import java.time.Duration;
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
            "As SIGTERM does, after 'drain-delay' too. It does not wait for the end.",
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
        long delay = reply.object().getLong("delay_ms");
        String drains = delay > 0
                ? "the proxy is not ready any more, and drains in " + Units.approximate(Duration.ofMillis(delay))
                : "the proxy drains";
        try {
            long left = client.get(Paths.STATUS).orFail().object().getLong("sessions");
            return drains + ", " + Units.counted(left, "session") + (delay > 0 ? "" : " left") + "\n";
        } catch (CommandFailure gone) {
            return drains + "\n";
        }
    }
}
