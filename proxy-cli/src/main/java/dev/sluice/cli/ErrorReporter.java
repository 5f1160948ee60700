package dev.sluice.cli;

import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Exit;
import dev.sluice.cli.common.InternalErrors;
import dev.sluice.cli.text.OneLine;
import dev.sluice.linux.UnsupportedPlatformException;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is said when a command is used wrongly or fails: one line, whatever happened. */
final class ErrorReporter implements IParameterExceptionHandler, IExecutionExceptionHandler {
    private final Console console;

    ErrorReporter(Console console) {
        this.console = console;
    }

    @Override
    public int handleParseException(ParameterException e, String[] args) {
        String command = e.getCommandLine().getCommandSpec().qualifiedName();
        say(command + ": " + explain(e) + " (try '" + command + " --help')");
        return Exit.USAGE;
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine commandLine, @Nullable ParseResult parseResult) {
        if (e instanceof CommandFailure || e instanceof UnsupportedPlatformException) {
            say("sluice: " + e.getMessage());
        } else if (e instanceof IOException) {
            say(commandLine.getCommandSpec().qualifiedName() + ": " + e.getMessage());
        } else {
            console.say(InternalErrors.describe(e, console.environment()));
        }
        return Exit.FAILED;
    }

    private void say(String line) {
        console.stderr().print(OneLine.of(line) + "\n");
        console.stderr().flush();
    }

    private static String explain(ParameterException e) {
        ArgSpec argument = e.getArgSpec();
        if (e.getCause() instanceof TypeConversionException conversion && argument instanceof OptionSpec option) {
            return option.longestName() + " " + conversion.getMessage();
        }
        String message = String.valueOf(e.getMessage());
        if (e instanceof UnmatchedArgumentException unmatched) {
            List<String> suggestions = unmatched.getSuggestions();
            message += suggestions.isEmpty() ? "" : "; did you mean " + String.join(" or ", suggestions) + "?";
        }
        // Picocli begins a sentence; here it goes on.
        boolean word = message.length() > 1 && Character.isLowerCase(message.charAt(1));
        return word ? message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1) : message;
    }
}
