package dev.sluice.cli.file.section;

import dev.sluice.cli.file.Key;
import dev.sluice.cli.file.Section;
import dev.sluice.cli.file.Shape;
import dev.sluice.cli.file.Values;
import dev.sluice.cli.log.AccessLogConfig;
import dev.sluice.cli.log.LogFormat;
import dev.sluice.cli.options.Settings;
import dev.sluice.cli.options.Words;
import java.nio.file.Path;

/** {@code access-log}: a format alone, or a map. */
final class AccessLogSection extends Section<AccessLogConfig> {
    private final Key<LogFormat> format =
            global("format", Settings.ACCESS_LOG, "What a line looks like; off: there are none.");

    private final Key<Path> file = optional(
            "file",
            new Shape.One<>(new Words.OfPath()),
            "stdout",
            "The file that lines are appended to. It is opened anew at SIGHUP, after something has moved it away.");

    static Shape<AccessLogConfig> shape() {
        AccessLogSection section = new AccessLogSection();
        return new Shape.Map<>(section, section.format);
    }

    @Override
    protected AccessLogConfig build(Values values) {
        return new AccessLogConfig(values.get(format), values.find(file));
    }
}
