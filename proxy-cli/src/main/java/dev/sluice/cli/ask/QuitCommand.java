package dev.sluice.cli.ask;

import dev.sluice.cli.ask.client.AdminClient;
import dev.sluice.cli.ask.client.Reply;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Version;
import picocli.CommandLine.Command;

/** {@code sluice quit}: stops a proxy at once. */
@Command(
        name = "quit",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = "Stops a running proxy at once: its sessions are cut.",
        footer = {"", "'sluice drain' lets them end.", "Exit: 0 done, 1 it cannot be asked, 2 wrong usage."})
public final class QuitCommand extends OneQuestion {
    public QuitCommand(Console console) {
        super(console);
    }

    @Override
    Reply ask(AdminClient client) {
        return client.post(Paths.QUIT);
    }

    @Override
    String words(AdminClient client, Reply reply) {
        return "the proxy stops\n";
    }
}
