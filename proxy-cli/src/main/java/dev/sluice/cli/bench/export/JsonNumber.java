package dev.sluice.cli.bench.export;

import org.jspecify.annotations.Nullable;

/** Numbers on their way into JSON, which has none for what is not finite (RFC 8259, section 6); the library would write it. */
public final class JsonNumber {
    private JsonNumber() {}

    /** The figure; null, as JSON knows it, in place of NaN and infinities. */
    public static @Nullable Object of(double figure) {
        return Double.isFinite(figure) ? figure : null;
    }
}
