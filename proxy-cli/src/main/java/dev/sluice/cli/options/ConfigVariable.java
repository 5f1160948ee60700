package dev.sluice.cli.options;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The variable that names the configuration file. */
public final class ConfigVariable {
    public static final String NAME = EnvironmentOptions.PREFIX + "CONFIG";

    private ConfigVariable() {}

    /** The file that the environment names, null if none. */
    public static @Nullable String of(Map<String, String> environment) {
        String file = environment.getOrDefault(NAME, "");
        return file.isEmpty() ? null : file;
    }
}
