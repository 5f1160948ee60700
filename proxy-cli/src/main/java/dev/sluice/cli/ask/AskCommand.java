package dev.sluice.cli.ask;

import dev.sluice.cli.ask.client.AdminClient;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.text.OneLine;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that asks a proxy, and answers in words or in the proxy's JSON. */
@SuppressWarnings("NullAway.Init") // picocli sets the fields
abstract class AskCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private AskOptions options = new AskOptions();

    @Option(names = "--json", order = 3, description = "Print what the proxy answers, as it is.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    AskCommand(Console console) {
        this.console = console;
    }

    @Override
    public final Integer call() {
        return run(options.client(console));
    }

    /** Asks, and returns the exit code. */
    abstract int run(AdminClient client);

    final boolean isJson() {
        return json;
    }

    /** Whole lines on stdout, which must be escaped. */
    final void print(String lines) {
        PrintWriter out = spec.commandLine().getOut();
        out.print(lines);
        out.flush();
    }

    /** Whether nobody reads what is printed. */
    final boolean isUnread() {
        return spec.commandLine().getOut().checkError();
    }

    /** One line on stderr. */
    final void complain(String text) {
        console.say(OneLine.of(text));
    }

    /** What was typed cannot be meant. */
    final ParameterException usage(String text) {
        return new ParameterException(spec.commandLine(), text);
    }
}
