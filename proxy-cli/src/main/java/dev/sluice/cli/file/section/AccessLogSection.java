package dev.sluice.cli.file.section;

import dev.sluice.cli.file.Key;
import dev.sluice.cli.file.Section;
import dev.sluice.cli.file.Shape;
import dev.sluice.cli.file.Values;
import dev.sluice.cli.log.AccessLogConfig;
import dev.sluice.cli.log.LogFormat;
import dev.sluice.cli.options.Settings;
import dev.sluice.cli.options.Words;
import dev.sluice.proxy.config.ReportSettings;
import java.nio.file.Path;
import java.time.Duration;

/** {@code access-log}: a format alone, or a map. */
final class AccessLogSection extends Section<AccessLogConfig> {
    private final Key<LogFormat> format =
            global("format", Settings.ACCESS_LOG, "What a line looks like; off: there are none.");

    private final Key<Path> file = optional(
            "file",
            new Shape.One<>(new Words.OfPath()),
            "stdout",
            "The file that lines are appended to. It is opened anew at SIGHUP and SIGUSR1, after something has moved it away.");

    private final Key<Boolean> start = global("start", Settings.ACCESS_LOG_START, Settings.ACCESS_LOG_START.help());

    private final Key<Duration> interval =
            global("interval", Settings.ACCESS_LOG_INTERVAL, Settings.ACCESS_LOG_INTERVAL.help());

    static Shape<AccessLogConfig> shape() {
        AccessLogSection section = new AccessLogSection();
        return new Shape.Map<>(section, section.format);
    }

    @Override
    protected AccessLogConfig build(Values values) {
        return new AccessLogConfig(
                values.get(format), values.find(file), new ReportSettings(values.get(start), values.get(interval)));
    }
}
