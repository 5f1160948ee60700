package dev.sluice.cli.run;

import dev.sluice.cli.options.Settings;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;

/** What the access log looks like. */
enum LogFormat {
    TEXT,
    JSON,
    OFF;

    /** The name that people type: lower case. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Reads it. */
    static final class Converter implements ITypeConverter<LogFormat> {
        @Override
        public LogFormat convert(String text) {
            return Settings.oneOf(values(), text);
        }
    }
}
