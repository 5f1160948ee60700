package dev.sluice.cli.options;

import java.util.Locale;

/**
 * A setting, by whatever way it is given: a key in a file, an option, a variable.
 *
 * @param key its name, lower case with hyphens
 * @param kind how its values are read, and which are allowed
 * @param standard its value when it is not given
 * @param standardText the same in words
 * @param help what it does: sentences, without its range and its default
 */
public record Setting<T>(String key, Kind<T> kind, T standard, String standardText, String help) {

    /** A setting whose default is always the same. */
    static <T> Setting<T> of(String key, Kind<T> kind, T standard, String help) {
        return new Setting<>(key, kind, standard, kind.write(standard), help);
    }

    /** {@code --pipe-size}. */
    public String option() {
        return "--" + key;
    }

    /** {@code SLUICE_PIPE_SIZE}. */
    public String variable() {
        return EnvironmentOptions.PREFIX + key.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    /** A description with the range and the default behind it. */
    String describe(String description) {
        return description + " (" + kind.range() + "; default: " + standardText + ")";
    }
}
