package dev.sluice.cli.log;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The access log.
 *
 * @param format of its lines
 * @param file what they are appended to; null: stdout
 */
public record AccessLogConfig(LogFormat format, @Nullable Path file) {}
