package dev.sluice.cli.ask;

import dev.sluice.cli.ask.client.AdminClient;
import dev.sluice.cli.ask.client.Reply;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Exit;

/** A command with one answer. */
abstract class OneQuestion extends AskCommand {
    OneQuestion(Console console) {
        super(console);
    }

    /** Asks; the answer is what {@code --json} prints. */
    abstract Reply ask(AdminClient client);

    /** The answer for a person, in lines that are escaped. May ask for more. */
    abstract String words(AdminClient client, Reply reply);

    @Override
    final int run(AdminClient client) {
        Reply reply = ask(client);
        print(isJson() ? reply.body() : words(client, reply.orFail()));
        if (!reply.isDone()) {
            return Exit.FAILED;
        }
        printed(client, reply);
        return Exit.OK;
    }

    /** The answer is printed, and was no refusal: there may be something to complain of. */
    void printed(AdminClient client, Reply reply) {}
}
