package dev.sluice.cli.ask.top;

import com.grack.nanojson.JsonObject;
import dev.sluice.cli.ask.Cells;
import dev.sluice.cli.ask.client.Reply;
import dev.sluice.cli.text.Units;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How fast things go, by the difference of two samples. Nothing is known before there are two of the same process. */
final class Rates {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final int FEW = 10;

    private final @Nullable Sample before;
    private final Sample now;
    private final Map<String, JsonObject> sessionsBefore = new HashMap<>();
    private final Map<String, JsonObject> listenersBefore = new HashMap<>();

    Rates(@Nullable Sample before, Sample now) {
        this.before = before != null && before.pid() == now.pid() && before.nanos() < now.nanos() ? before : null;
        this.now = now;
        if (this.before != null) {
            index(this.before.sessions(), "id", sessionsBefore);
            index(this.before.listeners(), "name", listenersBefore);
        }
    }

    private static void index(List<JsonObject> objects, String key, Map<String, JsonObject> index) {
        objects.forEach(object -> index.put(object.getString(key, ""), object));
    }

    /** New connections in a second. */
    String connections() {
        return before == null
                ? Cells.NONE
                : few(perSecond(now.counter("accepted") - before.counter("accepted"))) + "/s";
    }

    /** Bytes in a second, of a counter of all loops. */
    String bytes(String counter) {
        return before == null ? Cells.NONE : size(perSecond(now.counter(counter) - before.counter(counter))) + "/s";
    }

    /** How much of what went through since the sample before stayed in the kernel; of all when nothing went through. */
    String spliced() {
        long bytes = grown("bytes_up") + grown("bytes_down");
        boolean still = bytes == 0;
        long all = still ? now.counter("bytes_up") + now.counter("bytes_down") : bytes;
        long spliced = still ? now.counter("bytes_spliced") : grown("bytes_spliced");
        return all == 0 ? Cells.NONE : Math.round(100.0 * spliced / all) + "%";
    }

    private long grown(String counter) {
        return before == null ? 0 : now.counter(counter) - before.counter(counter);
    }

    /** Bytes in a second, of a member of a listener. */
    String ofListener(JsonObject listener, String member) {
        return of(listener, listenersBefore.get(listener.getString("name", "")), member);
    }

    /** Bytes in a second, of a member of a session. */
    String ofSession(JsonObject session, String member) {
        return of(session, sessionsBefore.get(session.getString("id", "")), member);
    }

    private String of(JsonObject now, @Nullable JsonObject before, String member) {
        return before == null ? Cells.NONE : size(perSecond(now.getLong(member) - before.getLong(member)));
    }

    /** Bytes in a second, both ways together; −1 when that is not known. */
    double ofSession(JsonObject session) {
        JsonObject was = sessionsBefore.get(session.getString("id", ""));
        return was == null ? -1 : perSecond(bytes(session) - bytes(was));
    }

    /** Sessions in a second that have ended in one way. */
    String ofEnd(JsonObject end) {
        if (before == null) {
            return Cells.NONE;
        }
        JsonObject was = Reply.objects(before.status().getArray("ends")).stream()
                .filter(other -> isSame(end, other))
                .findFirst()
                .orElseGet(JsonObject::new);
        return few(perSecond(end.getLong("count") - was.getLong("count"))) + "/s";
    }

    private static boolean isSame(JsonObject end, JsonObject other) {
        return Stream.of("listener", "who", "cause").allMatch(key -> Objects.equals(end.get(key), other.get(key)));
    }

    static long bytes(JsonObject session) {
        return session.getLong("up") + session.getLong("down");
    }

    private double perSecond(long grown) {
        return before == null ? 0 : Math.max(0, grown) * NANOS_PER_SECOND / (now.nanos() - before.nanos());
    }

    private static String size(double bytes) {
        return Units.approximateSize(Math.round(bytes));
    }

    private static String few(double value) {
        boolean tenths = value > 0 && value < FEW;
        return String.format(Locale.ROOT, tenths ? "%.1f" : "%.0f", value);
    }
}
