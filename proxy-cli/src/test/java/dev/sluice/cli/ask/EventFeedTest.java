package dev.sluice.cli.ask;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.cli.ask.client.AdminAddress;
import dev.sluice.cli.ask.client.AdminClient;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EventFeedTest {
    private static String events(int... ids) {
        return IntStream.of(ids)
                .mapToObj(id -> "{\"id\":" + id + ",\"text\":\"event\"}")
                .collect(Collectors.joining(",", "[", "]"));
    }

    @Test
    void eachOnceAlsoWhenAnotherProcessCountsAnew() {
        try (ScriptedAdmin admin = ScriptedAdmin.tcp().on("GET /api/v1/events", events(1, 2, 3))) {
            EventFeed feed = new EventFeed(new AdminClient(new AdminAddress(admin.address()), null, ""));
            assertEquals(List.of(1, 2, 3), ids(feed));
            admin.on("GET /api/v1/events?after=2", events(3));
            assertEquals(List.of(), ids(feed));
            admin.on("GET /api/v1/events?after=2", events(3, 4, 5));
            assertEquals(List.of(4, 5), ids(feed));
            admin.on("GET /api/v1/events?after=4", "[]").on("GET /api/v1/events", events(1, 2));
            assertEquals(List.of(1, 2), ids(feed), "a successor");
            admin.on("GET /api/v1/events?after=1", events(2));
            assertEquals(List.of(), ids(feed));
        }
    }

    private static String events(String instance, int... ids) {
        return events(ids).replace("\"text\"", "\"instance\":\"" + instance + "\",\"text\"");
    }

    /** Its successor has come as far by the time that it is asked. */
    @Test
    void aSuccessorThatCountsAsFar() {
        try (ScriptedAdmin admin = ScriptedAdmin.tcp().on("GET /api/v1/events", events("a", 1))) {
            EventFeed feed = new EventFeed(new AdminClient(new AdminAddress(admin.address()), null, ""));
            assertEquals(List.of(1), ids(feed));
            admin.on("GET /api/v1/events", events("b", 1, 2, 3));
            assertEquals(List.of(1, 2, 3), ids(feed));
            admin.on("GET /api/v1/events?after=2", events("c", 3, 4)).on("GET /api/v1/events", events("c", 1, 2, 3, 4));
            assertEquals(List.of(1, 2, 3, 4), ids(feed));
            admin.on("GET /api/v1/events?after=3", events("c", 4));
            assertEquals(List.of(), ids(feed));
        }
    }

    private static List<Integer> ids(EventFeed feed) {
        return feed.next().stream().map(event -> event.getInt("id")).toList();
    }
}
