package dev.sluice.cli.bench.techniques.send;

import java.util.Locale;

/** Two known compositions: how a log is appended to, and how it is served from. */
public enum Pattern {
    /** Append through a mapping, serve by sendfile. */
    KAFKA,
    /** Append through a mapping, serve by mmap + write. */
    ROCKETMQ;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
