package dev.sluice.cli.log;

import dev.sluice.cli.text.OneLine;
import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.stats.SessionId;
import dev.sluice.proxy.stats.SessionReport;
import dev.sluice.proxy.stats.SessionSnapshot;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Formats the access log's lines: the same keys in the same order in every line, as text or as JSON. What is not known is {@code -} in
 * text and {@code null} in JSON. For one thread.
 *
 * <p>A proxy may write as many lines as it has connections, so a line allocates nothing: what comes again and again is kept as bytes, with
 * its key.
 */
public final class SessionLine implements BiConsumer<SessionReport, Bytes> {
    private static final long DAY_MILLIS = 86_400_000;
    private static final int MOST_AGAIN = 1000;
    /** Linux's are all below. */
    private static final int ERRNOS = 256;

    private final boolean json;

    private final byte[] begin;
    private final byte[] timeEnd;
    private final byte[] start;
    private final byte[] interval;
    private final byte[] end;
    private final byte[] id;
    private final byte[] client;
    private final byte[] quote;
    private final byte[] up;
    private final byte[] down;
    private final byte[] spliced;
    private final byte[] tries;
    private final byte[] waited;
    private final byte[] connected;
    private final byte[] firstUp;
    private final byte[] firstDown;
    private final byte[] duration;
    private final byte[] rtt;
    private final byte[] retransmits;
    private final byte[] unknown;
    private final byte[] last;

    private final Again<String> listeners;
    private final Again<String> upstreams;
    private final Again<Address> endpoints;
    private final Map<RelayMode, byte[]> relays = new EnumMap<>(RelayMode.class);
    private final Map<EndCause, byte[]> causes = new EnumMap<>(EndCause.class);
    private final byte[] noCause;
    /** By errno; null as long as it has not come. */
    private final byte[] @Nullable [] errors = new byte[ERRNOS][];

    /** The day that the last line was of, since 1970, and its date. */
    private long day = Long.MIN_VALUE;

    private byte[] date = {};
    /** The loop that the last line was of, and how the words for its sessions begin. */
    private int loop = -1;

    private byte[] loopWord = {};

    public SessionLine(LogFormat format) {
        json = format == LogFormat.JSON;
        begin = utf8(json ? "{\"time\":\"" : "");
        timeEnd = utf8(json ? "Z\"" : "Z");
        start = field("event", "start");
        interval = field("event", "interval");
        end = field("event", "end");
        quote = utf8(json ? "\"" : "");
        id = utf8(json ? key("id") + '"' : key("id"));
        client = utf8(json ? key("client") + '"' : key("client"));
        up = utf8(key("up"));
        down = utf8(key("down"));
        spliced = utf8(key("spliced"));
        tries = utf8(key("tries"));
        waited = utf8(key("wait_ms"));
        connected = utf8(key("connect_ms"));
        firstUp = utf8(key("first_up_ms"));
        firstDown = utf8(key("first_down_ms"));
        duration = utf8(key("duration_ms"));
        rtt = utf8(key("rtt_us"));
        retransmits = utf8(key("retransmits"));
        unknown = utf8(value(null));
        last = utf8(json ? "}\n" : "\n");
        listeners = new Again<>("listener", name -> name);
        upstreams = new Again<>("upstream", name -> name);
        endpoints = new Again<>("endpoint", Address::toString);
        for (RelayMode relay : RelayMode.values()) {
            relays.put(relay, field("relay", relay.toString()));
        }
        for (EndCause cause : EndCause.values()) {
            causes.put(cause, cause(cause.who().toString(), cause.how()));
        }
        noCause = cause(null, null);
    }

    private byte[] cause(@Nullable String who, @Nullable String how) {
        return utf8(key("who") + value(who) + key("cause") + value(how));
    }

    @Override
    public void accept(SessionReport report, Bytes out) {
        SessionSnapshot session = report.session();
        SessionEnd ended = report instanceof SessionEnd is ? is : null;
        out.put(begin);
        time(out, session.startMillis());
        out.put(event(report));
        id(out, session.id());
        out.put(listeners.field(session.listener()));
        client(out, session.client());
        out.put(upstreams.field(session.upstream()));
        out.put(endpoints.field(session.endpoint()));
        out.put(relays.getOrDefault(session.relay(), unknown));
        number(out, up, session.bytesUp());
        number(out, down, session.bytesDown());
        number(out, spliced, session.bytesSpliced());
        number(out, tries, session.tries());
        millis(out, waited, session.waitMicros());
        millis(out, connected, session.connectMicros());
        millis(out, firstUp, session.firstUpMicros());
        millis(out, firstDown, session.firstDownMicros());
        millis(out, duration, session.durationMicros());
        out.put(ended == null ? noCause : causes.getOrDefault(ended.cause(), noCause));
        out.put(error(ended == null ? 0 : ended.errno()));
        number(out, rtt, session.rttMicros());
        number(out, retransmits, session.retransmits());
        out.put(last);
    }

    private byte[] event(SessionReport report) {
        return switch (report) {
            case SessionReport.Start begun -> start;
            case SessionReport.Interval lives -> interval;
            case SessionEnd ended -> end;
        };
    }

    /** RFC 3339 in UTC with milliseconds. */
    private void time(Bytes out, long unixMillis) {
        long of = Math.floorDiv(unixMillis, DAY_MILLIS);
        if (of != day) {
            day = of;
            date = utf8(LocalDate.ofEpochDay(of) + "T");
        }
        int inDay = (int) (unixMillis - of * DAY_MILLIS);
        out.put(date);
        out.padded(inDay / 3_600_000, 2).put(':');
        out.padded(inDay / 60_000 % 60, 2).put(':');
        out.padded(inDay / 1000 % 60, 2).put('.');
        out.padded(inDay % 1000, 3).put(timeEnd);
    }

    /** As {@link SessionId#text} has it. */
    private void id(Bytes out, long session) {
        int of = SessionId.loop(session);
        if (of != loop) {
            loop = of;
            String word = SessionId.text(session);
            loopWord = utf8(word.substring(0, word.lastIndexOf('-') + 1));
        }
        out.put(id).put(loopWord).number(SessionId.number(session), SessionId.RADIX);
        out.put(quote);
    }

    private void client(Bytes out, Address address) {
        int before = out.length();
        out.put(client);
        int from = out.length();
        int to = address.putPlain(out.room(Address.MAX_PLAIN), from);
        out.end(to);
        out.put(quote);
        if (to == from) {
            out.cut(before);
            out.put(field("client", address.toString()));
        }
    }

    private byte[] error(int errno) {
        if (errno >= ERRNOS) {
            return field("error", Errno.name(errno));
        }
        byte[] known = errors[errno];
        if (known == null) {
            known = field("error", errno == 0 ? null : Errno.name(errno));
            errors[errno] = known;
        }
        return known;
    }

    /** A number that is ≥ 0 where it is known. */
    private void number(Bytes out, byte[] key, long value) {
        out.put(key);
        if (value < 0) {
            out.put(unknown);
        } else {
            out.number(value);
        }
    }

    /** Microseconds as milliseconds with one decimal; < 0 when they are not known. */
    private void millis(Bytes out, byte[] key, long micros) {
        out.put(key);
        if (micros < 0) {
            out.put(unknown);
        } else {
            out.number(micros / 1000).put('.').put((char) ('0' + micros % 1000 / 100));
        }
    }

    private byte[] field(String key, @Nullable String value) {
        return utf8(key(key) + value(value));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private String key(String key) {
        return json ? ",\"" + key + "\":" : " " + key + '=';
    }

    private String value(@Nullable String value) {
        if (value == null) {
            return json ? "null" : "-";
        }
        return json || isUnclear(value) ? quoted(value) : value;
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

    /** A JSON string (RFC 8259, 7). */
    private static String quoted(String value) {
        StringBuilder out = new StringBuilder(value.length() + 16).append('"');
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
        return out.append('"').toString();
    }

    /** What comes in line after line, kept with its key: so many values as a configuration has, or a name service has for it. */
    private final class Again<T> {
        private final String key;
        private final Function<T, String> text;
        private final byte[] none;
        private final Map<T, byte[]> fields = new HashMap<>();

        Again(String key, Function<T, String> text) {
            this.key = key;
            this.text = text;
            this.none = SessionLine.this.field(key, null);
        }

        byte[] field(@Nullable T value) {
            if (value == null) {
                return none;
            }
            byte[] known = fields.get(value);
            return known == null ? learn(value) : known;
        }

        private byte[] learn(T value) {
            if (fields.size() == MOST_AGAIN) {
                fields.clear();
            }
            byte[] field = SessionLine.this.field(key, text.apply(value));
            fields.put(value, field);
            return field;
        }
    }
}
