package dev.sluice.cli.check;

import com.grack.nanojson.JsonWriter;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Exit;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.file.ConfigFile;
import dev.sluice.cli.file.JsonSchema;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice config}: what a configuration file amounts to, and the schema of all of them. */
@Command(
        name = "config",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        customSynopsis = {"sluice config -c FILE", "       sluice config --schema"},
        description = "Prints what a configuration file amounts to, with every default, as a file that does the same.",
        footer = {
            "",
            "What an option or a SLUICE_* variable of 'sluice run' beats is as that has it; secrets are ***.",
            "Editors complete and explain the keys by the schema: sluice config --schema > sluice.schema.json,",
            "and '# yaml-language-server: $schema=sluice.schema.json' as the first line of the file.",
            "Exit: 0 done, 2 the file is not valid."
        })
public final class ConfigCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private FileOptions options = new FileOptions();

    @Option(names = "--schema", order = 2, description = "Prints the JSON Schema of the file instead.")
    private boolean schema;

    @Spec
    private CommandSpec spec;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields
    private ConfigCommand(Console console) {
        this.console = console;
    }

    /** The command with its options. */
    public static CommandLine create(Console console) {
        CommandLine command = new CommandLine(new ConfigCommand(console));
        FileOptions.addSettings(command.getCommandSpec());
        return command;
    }

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (schema) {
            if (options.isNamed()) {
                throw new ParameterException(
                        spec.commandLine(), "--schema and -c exclude each other: the schema is that of every file");
            }
            out.print(
                    JsonWriter.indent("  ").string().value(JsonSchema.schema()).done() + "\n");
            out.flush();
            return Exit.OK;
        }
        ConfigFile file = options.read(console);
        if (!file.isValid()) {
            return Exit.USAGE;
        }
        out.print(file.effective());
        out.flush();
        return Exit.OK;
    }
}
