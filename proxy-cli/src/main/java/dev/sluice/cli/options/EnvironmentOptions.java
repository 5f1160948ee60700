package dev.sluice.cli.options;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;

/**
 * The environment's twins of a command's options: {@code --pipe-size} is {@code SLUICE_PIPE_SIZE}. An option that was given
 * beats its twin, which then is not even read; a variable that is empty counts as not set.
 *
 * <p>Not picocli's default values: those are converted before the command line is looked at, so that a wrong variable would be
 * an error even under {@code --help}, and would be called by the name of the option.
 */
public final class EnvironmentOptions {
    private static final String PREFIX = "SLUICE_";

    /** Read by the launcher, and not by any command. */
    private static final Set<String> FOREIGN =
            Set.of("SLUICE_JAVA_OPTS", "SLUICE_BUILD", "SLUICE_JDK_FOLDERS", "SLUICE_DEBUG", "SLUICE_PORT");

    private EnvironmentOptions() {}

    /** The name of an option's twin. */
    public static String variable(String option) {
        return PREFIX + option.substring(2).toUpperCase(Locale.ROOT).replace('-', '_');
    }

    /**
     * Gives every option that has a reader of its own, and was not on the command line, the value of its twin.
     *
     * @throws ParameterException that names the variable whose value is wrong
     */
    public static void apply(ParseResult parsed, Map<String, String> environment) {
        for (OptionSpec option : parsed.commandSpec().options()) {
            String variable = variable(option.longestName());
            String text = environment.getOrDefault(variable, "");
            if (text.isEmpty() || option.converters().length == 0 || parsed.hasMatchedOption(option)) {
                continue;
            }
            ITypeConverter<?> converter = option.converters()[0];
            try {
                option.setValue(converter.convert(text));
            } catch (TypeConversionException e) {
                throw new ParameterException(parsed.commandSpec().commandLine(), variable + " " + e.getMessage(), e);
            } catch (Exception e) {
                throw new IllegalStateException(variable, e);
            }
        }
    }

    /** Variables that look like twins of the command's options and are none: misspelt, most likely. */
    public static List<String> strangers(ParseResult parsed, Map<String, String> environment) {
        List<String> strangers = new ArrayList<>();
        for (String name : environment.keySet()) {
            if (name.startsWith(PREFIX) && !FOREIGN.contains(name) && !isOfKubernetes(name)) {
                boolean known = false;
                for (OptionSpec option : parsed.commandSpec().options()) {
                    known |= hasTwin(option) && name.equals(variable(option.longestName()));
                }
                if (!known) {
                    strangers.add(name);
                }
            }
        }
        strangers.sort(null);
        return strangers;
    }

    private static boolean hasTwin(OptionSpec option) {
        return !option.usageHelp() && !option.versionHelp();
    }

    /** Kubernetes sets these in every pod beside a service that is called sluice; SLUICE_PORT is one of them, too. */
    private static boolean isOfKubernetes(String name) {
        return name.startsWith("SLUICE_SERVICE_") || name.startsWith("SLUICE_PORT_");
    }
}
