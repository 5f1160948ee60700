package dev.sluice.cli.check;

import dev.sluice.cli.common.Console;
import dev.sluice.cli.file.ConfigFile;
import dev.sluice.cli.options.ConfigVariable;
import dev.sluice.cli.options.EnvironmentOptions;
import dev.sluice.cli.options.Given;
import dev.sluice.cli.options.SettingOptions;
import dev.sluice.cli.options.Settings;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The file that a command is about, read as {@code run} would read it: with its options and the environment. */
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class FileOptions {
    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            order = 1,
            description = "The configuration file; default: SLUICE_CONFIG.")
    private @Nullable String file;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** Adds the options of {@code run} that beat a file, without a word of help for each. */
    static void addSettings(CommandSpec command) {
        SettingOptions.addHidden(command, Settings.ALL);
    }

    /** Whether it is on the command line. */
    boolean isNamed() {
        return file != null;
    }

    /** Reads it, and says what is wrong with it. */
    ConfigFile read(Console console) {
        String name = file != null ? file : ConfigVariable.of(console.environment());
        if (name == null) {
            throw new ParameterException(command.commandLine(), "no file was given; expected -c sluice.yaml");
        }
        EnvironmentOptions.apply(command.commandLine().getParseResult(), console.environment());
        ConfigFile read = ConfigFile.read(name, console.environment(), Given.to(command));
        for (String problem : read.problems()) {
            console.stderr().print(problem + "\n");
        }
        console.stderr().flush();
        return read;
    }
}
