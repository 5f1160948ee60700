package dev.sluice.cli.ask;

import com.grack.nanojson.JsonObject;
import dev.sluice.cli.ask.client.AdminClient;
import java.util.List;

/** What happens to a proxy, each thing once; also when another process takes its place, which counts anew. */
public final class EventFeed {
    private static final String ID = "id";

    private final AdminClient client;
    /** The last one that was told; 0: none was. */
    private long last;

    public EventFeed(AdminClient client) {
        this.client = client;
    }

    /** What has happened since this was asked before; all that the proxy remembers the first time. */
    public List<JsonObject> next() {
        // With the last one, which shows that it is still the same process that counts.
        List<JsonObject> events = ask(last > 1 ? "?after=" + (last - 1) : "");
        if (last > 1 && events.stream().noneMatch(event -> event.getLong(ID) == last)) {
            last = 0;
            events = ask("");
        }
        List<JsonObject> fresh =
                events.stream().filter(event -> event.getLong(ID) > last).toList();
        last = fresh.isEmpty() ? last : fresh.getLast().getLong(ID);
        return fresh;
    }

    private List<JsonObject> ask(String query) {
        return client.get(Paths.EVENTS + query).orFail().objects();
    }
}
