package dev.sluice.cli.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventsTest {
    @Test
    void theLastThousand() {
        Events events = new Events();
        for (int i = 1; i <= 1500; i++) {
            events.add(Events.Kind.WARNING, "n" + i);
        }
        List<Events.Event> all = events.after(0);
        assertEquals(1000, all.size());
        assertEquals("n501", all.getFirst().text());
        assertEquals(1500, all.getLast().id());
        assertEquals(
                List.of("n1500"),
                events.after(1499).stream().map(Events.Event::text).toList());
        assertEquals(List.of(), events.after(1500));
    }

    @Test
    void longOnesAreCut() {
        Events events = new Events();
        events.add(Events.Kind.SERVICE, "x".repeat(100_000));
        assertTrue(events.after(0).getFirst().text().length() < 1100);
    }

    @Test
    void whatIsSaidIsRemembered() {
        Events events = new Events();
        try (Messages messages = new Messages(new ByteArrayOutputStream())) {
            messages.say("before");
            messages.remember(events);
            messages.say("hello");
            messages.warn("careful");
            messages.say(Events.Kind.HEALTH, "ill");
        }
        assertEquals(
                List.of("SERVICE hello", "WARNING careful", "HEALTH ill"),
                events.after(0).stream().map(e -> e.kind() + " " + e.text()).toList());
    }
}
