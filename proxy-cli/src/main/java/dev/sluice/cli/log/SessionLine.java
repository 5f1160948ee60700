package dev.sluice.cli.log;

import dev.sluice.cli.text.OneLine;
import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.stats.SessionId;
import dev.sluice.proxy.stats.SessionReport;
import dev.sluice.proxy.stats.SessionSnapshot;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Formats the access log's lines: the same keys in the same order in every line, as text or as JSON. What is not known is {@code -} in
 * text and {@code null} in JSON. For one thread.
 */
public final class SessionLine implements BiConsumer<SessionReport, StringBuilder> {
    private static final long DAY_MILLIS = 86_400_000;

    private final boolean json;
    private final Map<String, String> listeners = new HashMap<>();

    public SessionLine(LogFormat format) {
        this.json = format == LogFormat.JSON;
    }

    /** The lines of the listener that the configuration calls so will call it by its address. */
    public void name(String listener, Address address) {
        listeners.put(listener, address.toString());
    }

    @Override
    public void accept(SessionReport report, StringBuilder out) {
        SessionSnapshot session = report.session();
        SessionEnd end = report instanceof SessionEnd last ? last : null;
        out.append(json ? "{\"time\":\"" : "");
        time(out, session.startMillis());
        out.append(json ? "\"" : "");
        text(out, "event", event(report));
        text(out, "id", SessionId.text(session.id()));
        text(out, "listener", listeners.getOrDefault(session.listener(), session.listener()));
        text(out, "client", session.client().toString());
        text(out, "upstream", session.upstream());
        text(
                out,
                "endpoint",
                session.endpoint() == null ? null : session.endpoint().toString());
        text(out, "relay", session.relay().toString());
        number(out, "up", session.bytesUp());
        number(out, "down", session.bytesDown());
        number(out, "spliced", session.bytesSpliced());
        number(out, "tries", session.tries());
        millis(out, "wait_ms", session.waitMicros());
        millis(out, "connect_ms", session.connectMicros());
        millis(out, "first_up_ms", session.firstUpMicros());
        millis(out, "first_down_ms", session.firstDownMicros());
        millis(out, "duration_ms", session.durationMicros());
        text(out, "who", end == null ? null : end.cause().who().toString());
        text(out, "cause", end == null ? null : end.cause().how());
        text(out, "error", end == null || end.errno() == 0 ? null : Errno.name(end.errno()));
        number(out, "rtt_us", session.rttMicros());
        number(out, "retransmits", session.retransmits());
        out.append(json ? "}\n" : "\n");
    }

    private static String event(SessionReport report) {
        return switch (report) {
            case SessionReport.Start start -> "start";
            case SessionReport.Interval interval -> "interval";
            case SessionEnd end -> "end";
        };
    }

    private StringBuilder key(StringBuilder out, String key) {
        return json
                ? out.append(",\"").append(key).append("\":")
                : out.append(' ').append(key).append('=');
    }

    private void unknown(StringBuilder out) {
        out.append(json ? "null" : "-");
    }

    private void text(StringBuilder out, String key, @Nullable String value) {
        key(out, key);
        if (value == null) {
            unknown(out);
        } else if (json || isUnclear(value)) {
            quoted(out, value);
        } else {
            out.append(value);
        }
    }

    /** Whether it is to be in quotes: a blank would end it, a quotation mark begin one, and a hyphen alone means that there is none. */
    private static boolean isUnclear(String value) {
        boolean unclear = value.isEmpty() || value.equals("-");
        for (int i = 0; i < value.length() && !unclear; i++) {
            char c = value.charAt(i);
            unclear = c == ' ' || c == '"' || OneLine.isHidden(c);
        }
        return unclear;
    }

    /** A number that is ≥ 0 where it is known. */
    private void number(StringBuilder out, String key, long value) {
        key(out, key);
        if (value < 0) {
            unknown(out);
        } else {
            out.append(value);
        }
    }

    /** Microseconds as milliseconds with one decimal; < 0 when they are not known. */
    private void millis(StringBuilder out, String key, long micros) {
        key(out, key);
        if (micros < 0) {
            unknown(out);
        } else {
            out.append(micros / 1000).append('.').append(micros % 1000 / 100);
        }
    }

    /** A JSON string (RFC 8259, 7). */
    private static void quoted(StringBuilder out, String value) {
        out.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (OneLine.isHidden(c)) {
                out.append("\\u");
                for (int shift = 12; shift >= 0; shift -= 4) {
                    out.append(Character.forDigit(c >> shift & 15, 16));
                }
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }

    /** RFC 3339 in UTC with milliseconds. By hand: java.time's formatters cost more than all the rest of the line. */
    private static void time(StringBuilder out, long unixMillis) {
        long day = Math.floorDiv(unixMillis, DAY_MILLIS);
        int inDay = (int) Math.floorMod(unixMillis, DAY_MILLIS);
        LocalDate date = LocalDate.ofEpochDay(day);
        out.append(date.getYear()).append('-');
        padded(out, date.getMonthValue(), 10).append('-');
        padded(out, date.getDayOfMonth(), 10).append('T');
        padded(out, inDay / 3_600_000, 10).append(':');
        padded(out, inDay / 60_000 % 60, 10).append(':');
        padded(out, inDay / 1000 % 60, 10).append('.');
        padded(out, inDay % 1000, 100).append('Z');
    }

    private static StringBuilder padded(StringBuilder out, int value, int highest) {
        for (int digit = highest; digit > 1 && value < digit; digit /= 10) {
            out.append('0');
        }
        return out.append(value);
    }
}
