package dev.sluice.cli.log;

import dev.sluice.proxy.config.ReportSettings;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The access log.
 *
 * @param format of its lines
 * @param file what they are appended to; null: stdout
 * @param reports which lines there are besides the one for the end of a session; none where there are no lines
 */
public record AccessLogConfig(LogFormat format, @Nullable Path file, ReportSettings reports) {
    public AccessLogConfig {
        reports = format == LogFormat.OFF ? ReportSettings.NONE : reports;
    }
}
