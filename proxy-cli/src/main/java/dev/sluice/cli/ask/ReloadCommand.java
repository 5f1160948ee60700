package dev.sluice.cli.ask;

import com.grack.nanojson.JsonArray;
import dev.sluice.cli.ask.client.AdminClient;
import dev.sluice.cli.ask.client.Reply;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Exit;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.text.OneLine;
import picocli.CommandLine.Command;

/** {@code sluice reload}: as SIGHUP, and what came of it. */
@Command(
        name = "reload",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = "Has a running proxy read its configuration file again, and says what came of it.",
        footer = {"", "As SIGHUP does: whole or not at all.", "Exit: 0 done, 1 not done, 2 wrong usage."})
public final class ReloadCommand extends AskCommand {
    public ReloadCommand(Console console) {
        super(console);
    }

    @Override
    int run(AdminClient client) {
        Reply reply = client.post(Paths.RELOAD, AdminClient.LONG_PATIENCE);
        JsonArray messages = reply.object().getArray("messages", new JsonArray());
        if (isJson()) {
            print(reply.body());
        } else if (messages.isEmpty()) {
            print(reply.orFail().words() + "\n");
        } else {
            for (Object message : messages) {
                String line = String.valueOf(message);
                if (reply.isDone()) {
                    print(OneLine.of(line) + "\n");
                } else {
                    complain(line);
                }
            }
        }
        return reply.isDone() ? Exit.OK : Exit.FAILED;
    }
}
