package dev.sluice.cli.ask;

import com.grack.nanojson.JsonObject;
import dev.sluice.cli.ask.client.AdminClient;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What happens to a proxy, each thing once; also when another process takes its place, which counts anew. */
public final class EventFeed {
    private static final String ID = "id";
    private static final String INSTANCE = "instance";

    private final AdminClient client;
    /** The last one that was told; 0: none was. */
    private long last;
    /** The process that has told it; null: one that does not name itself. */
    private @Nullable String instance;

    public EventFeed(AdminClient client) {
        this.client = client;
    }

    /** What has happened since this was asked before; all that the proxy remembers the first time. */
    public List<JsonObject> next() {
        // With the last one, which shows that it is still the same process that counts.
        List<JsonObject> events = ask(last > 1 ? "?after=" + (last - 1) : "");
        if (last > 0 && events.stream().noneMatch(this::isLast)) {
            boolean all = last == 1;
            last = 0;
            events = all ? events : ask("");
        }
        List<JsonObject> fresh =
                events.stream().filter(event -> event.getLong(ID) > last).toList();
        if (!fresh.isEmpty()) {
            last = fresh.getLast().getLong(ID);
            instance = fresh.getLast().getString(INSTANCE);
        }
        return fresh;
    }

    private boolean isLast(JsonObject event) {
        return event.getLong(ID) == last && Objects.equals(instance, event.getString(INSTANCE));
    }

    private List<JsonObject> ask(String query) {
        return client.get(Paths.EVENTS + query).orFail().objects();
    }
}
