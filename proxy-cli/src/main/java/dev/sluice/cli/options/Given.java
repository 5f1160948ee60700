package dev.sluice.cli.options;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** Settings that were given beside a configuration file, by option or by variable; they beat the file's. */
public interface Given {
    /** None. */
    Given NOTHING = new Given() {
        @Override
        public <T> @Nullable T value(Setting<T> setting) {
            return null;
        }
    };

    /** The value that was given, null if none was. */
    <T> @Nullable T value(Setting<T> setting);

    /** Those of a command, which has an option for each. */
    static Given to(CommandSpec command) {
        return new Given() {
            @Override
            public <T> @Nullable T value(Setting<T> setting) {
                return SettingOptions.given(command, setting);
            }
        };
    }
}
