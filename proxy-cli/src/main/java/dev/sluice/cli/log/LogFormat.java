package dev.sluice.cli.log;

import dev.sluice.cli.options.Settings;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;

/** What the access log looks like. */
public enum LogFormat {
    TEXT,
    JSON,
    OFF;

    /** The name that people type: lower case. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Reads it. */
    public static final class Converter implements ITypeConverter<LogFormat> {
        @Override
        public LogFormat convert(String text) {
            return Settings.oneOf(values(), text);
        }
    }
}
