package dev.sluice.cli.ask;

import dev.sluice.cli.ask.client.AdminClient;
import dev.sluice.cli.ask.client.Reply;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Exit;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.text.OneLine;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code sluice kill}: ends sessions. */
@Command(
        name = "kill",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = "Ends sessions of a running proxy, with a reset to both sides.",
        footer = {"", "Exit: 0 all of them ended, 1 not all, 2 wrong usage."})
@SuppressWarnings("NullAway.Init") // picocli sets the fields
public final class KillCommand extends AskCommand {
    private static final int NOT_FOUND = 404;

    @Parameters(
            paramLabel = "ID",
            arity = "1..*",
            description = "Ids of sessions, as 'sluice sessions' and the access log have them.")
    private List<String> ids;

    public KillCommand(Console console) {
        super(console);
    }

    @Override
    int run(AdminClient client) {
        boolean all = true;
        for (String id : ids) {
            Reply reply = client.post(path(id));
            all &= reply.isDone();
            if (isJson()) {
                print(reply.body());
            } else if (reply.isDone()) {
                print(OneLine.of("session " + id + " ended") + "\n");
            } else {
                complain(
                        reply.status() == NOT_FOUND
                                ? "there is no session '" + id + "'"
                                : "session '" + id + "': " + reply.words());
            }
        }
        return all ? Exit.OK : Exit.FAILED;
    }

    /** Where the order to end a session is sent. */
    public static String path(String id) {
        return Paths.SESSIONS + "/" + AdminClient.encode(id) + "/close";
    }
}
