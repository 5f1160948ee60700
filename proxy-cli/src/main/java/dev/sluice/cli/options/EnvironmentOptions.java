package dev.sluice.cli.options;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * The settings of a command that the environment has: {@code --pipe-size} may be given as {@code SLUICE_PIPE_SIZE}. Where the
 * option was given the variable is not even read; a variable that is empty counts as not set.
 *
 * <p>Not picocli's default values: those are converted before the command line is looked at, so that a wrong variable would be
 * an error even under {@code --help}, and would be called by the name of the option.
 */
public final class EnvironmentOptions {
    static final String PREFIX = "SLUICE_";

    /** Read by the launcher and by what is common to all commands. */
    private static final Set<String> OTHERS =
            Set.of("SLUICE_JAVA_OPTS", "SLUICE_BUILD", "SLUICE_JDK_FOLDERS", "SLUICE_DEBUG", "SLUICE_PORT");

    private EnvironmentOptions() {}

    /**
     * Gives every setting of the command that was not on the command line the value of its variable.
     *
     * @throws ParameterException that names the variable whose value is wrong
     */
    public static void apply(ParseResult parsed, Map<String, String> environment) {
        CommandSpec command = parsed.commandSpec();
        for (Setting<?> setting : Settings.ALL) {
            OptionSpec option = command.findOption(setting.option());
            String text = environment.getOrDefault(setting.variable(), "");
            if (option == null || text.isEmpty() || parsed.hasMatchedOption(option)) {
                continue;
            }
            try {
                option.setValue(setting.kind().read(text));
            } catch (IllegalArgumentException e) {
                throw new ParameterException(command.commandLine(), setting.variable() + " " + e.getMessage(), e);
            }
        }
    }

    /**
     * Variables with the prefix that no setting has: misspelt, most likely.
     *
     * @param more variables that the command reads besides those of the settings
     */
    public static List<String> unknown(Map<String, String> environment, Set<String> more) {
        List<String> unknown = new ArrayList<>();
        for (String name : environment.keySet()) {
            if (name.startsWith(PREFIX)
                    && !OTHERS.contains(name)
                    && !more.contains(name)
                    && !isOfKubernetes(name)
                    && Settings.ALL.stream()
                            .noneMatch(setting -> setting.variable().equals(name))) {
                unknown.add(name);
            }
        }
        unknown.sort(null);
        return unknown;
    }

    /** Kubernetes sets these in every pod beside a service that is called sluice; SLUICE_PORT is one of them, too. */
    private static boolean isOfKubernetes(String name) {
        return name.startsWith("SLUICE_SERVICE_") || name.startsWith("SLUICE_PORT_");
    }
}
