package dev.sluice.cli.check;

import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Exit;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.file.ConfigFile;
import dev.sluice.cli.names.file.EndpointFile;
import dev.sluice.cli.names.file.EndpointFileException;
import dev.sluice.cli.roles.PasswordFiles;
import dev.sluice.cli.text.OneLine;
import dev.sluice.proxy.config.EndpointSource;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.config.UpstreamConfig;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice check}: whether a configuration file is one. */
@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        customSynopsis = "sluice check -c FILE",
        description =
                "Checks a configuration file: every problem on stderr, as file:line:column: what is wrong; what would be"
                        + " right.",
        footer = {
            "",
            "It reads the file as 'sluice run' does, with its options and SLUICE_* variables, and neither binds",
            "an address nor looks a name up. Files of endpoints that are there are read, too; passwords, tokens and an",
            "access log that are not there, or may not be written, are warnings: they may be where the file is used.",
            "Exit: 0 valid, 2 not."
        })
public final class CheckCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private FileOptions options = new FileOptions();

    @Spec
    private CommandSpec spec;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields
    private CheckCommand(Console console) {
        this.console = console;
    }

    /** The command with its options. */
    public static CommandLine create(Console console) {
        CommandLine command = new CommandLine(new CheckCommand(console));
        FileOptions.addSettings(command.getCommandSpec());
        return command;
    }

    @Override
    public Integer call() {
        ConfigFile file = options.read(console);
        if (!file.isValid() || !listsAreValid(file.config().proxy())) {
            return Exit.USAGE;
        }
        Stream.concat(PasswordFiles.worries(file.config().proxy()).stream(), FileWorries.of(file.config()).stream())
                .forEach(text -> console.say("warning: " + OneLine.of(text)));
        PrintWriter out = spec.commandLine().getOut();
        out.print(OneLine.of(file.name() + ": valid: " + file.config().words()) + "\n");
        out.flush();
        return Exit.OK;
    }

    /** Whether nothing is wrong in the files of endpoints; one that is not there may be later, and is worth a warning. */
    private boolean listsAreValid(ProxyConfig config) {
        Set<Path> paths = new LinkedHashSet<>();
        for (UpstreamConfig upstream : config.upstreams()) {
            for (EndpointSource source : upstream.endpointSources()) {
                if (source instanceof EndpointSource.ListFile list) {
                    paths.add(list.path());
                }
            }
        }
        boolean valid = true;
        for (Path path : paths) {
            try {
                var _ = EndpointFile.read(path);
            } catch (EndpointFileException e) {
                valid &= !e.wasRead();
                e.problems()
                        .forEach(problem ->
                                console.stderr().print((e.wasRead() ? "" : "sluice: warning: ") + problem + "\n"));
            }
        }
        console.stderr().flush();
        return valid;
    }
}
