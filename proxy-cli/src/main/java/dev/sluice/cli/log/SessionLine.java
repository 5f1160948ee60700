package dev.sluice.cli.log;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.stats.SessionSnapshot;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Formats the access log's lines: the same keys in the same order, as text or as JSON. For one thread. */
public final class SessionLine implements BiConsumer<SessionEnd, StringBuilder> {
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
    public void accept(SessionEnd end, StringBuilder out) {
        SessionSnapshot session = end.session();
        if (json) {
            out.append("{\"time\":\"");
            time(out, session.startMillis());
            out.append('"');
        } else {
            time(out, session.startMillis());
        }
        text(out, "listener", listeners.getOrDefault(session.listener(), session.listener()));
        text(out, "client", session.client().toString());
        text(
                out,
                "upstream",
                session.endpoint() == null ? null : session.endpoint().toString());
        text(out, "relay", session.relay().toString());
        key(out, "up").append(session.bytesUp());
        key(out, "down").append(session.bytesDown());
        if (session.relay() == RelayMode.AUTO) {
            key(out, "spliced").append(session.bytesSpliced());
        }
        if (session.connectMicros() >= 0) {
            millis(key(out, "connect_ms"), session.connectMicros());
        }
        millis(key(out, "duration_ms"), session.durationMicros());
        text(out, "cause", end.cause().toString());
        if (end.errno() != 0) {
            text(out, "error", Errno.name(end.errno()));
        }
        out.append(json ? "}\n" : "\n");
    }

    private StringBuilder key(StringBuilder out, String key) {
        return json
                ? out.append(",\"").append(key).append("\":")
                : out.append(' ').append(key).append('=');
    }

    private void text(StringBuilder out, String key, @Nullable String value) {
        key(out, key);
        if (json) {
            quoted(out, value);
        } else {
            word(out, value == null ? "-" : value);
        }
    }

    /** Blanks would end the value, and a quotation mark begin one. Control characters are escaped already by the address. */
    private static void word(StringBuilder out, String value) {
        if (value.indexOf(' ') < 0 && value.indexOf('"') < 0) {
            out.append(value);
        } else {
            quoted(out, value);
        }
    }

    /** A JSON string (RFC 8259, 7), or null. */
    private static void quoted(StringBuilder out, @Nullable String value) {
        if (value == null) {
            out.append("null");
            return;
        }
        out.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append("\\u00").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }

    private static void millis(StringBuilder out, long micros) {
        out.append(micros / 1000);
        long tenths = micros % 1000 / 100;
        out.append('.').append(tenths);
    }

    /** RFC 3339 in UTC with milliseconds. By hand: java.time's formatters cost more than all the rest of the line. */
    private static void time(StringBuilder out, long unixMillis) {
        long day = Math.floorDiv(unixMillis, DAY_MILLIS);
        int inDay = (int) Math.floorMod(unixMillis, DAY_MILLIS);
        java.time.LocalDate date = java.time.LocalDate.ofEpochDay(day);
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
