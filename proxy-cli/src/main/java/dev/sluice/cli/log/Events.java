package dev.sluice.cli.log;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** What has happened lately, the last thousand things of it. From any thread; nobody waits for longer than a copy of the list takes. */
public final class Events {
    private static final int MOST = 1000;
    private static final int MAX_TEXT = 1000;

    /** What an event is of, in lower case. */
    public enum Kind {
        /** The service itself: it starts, listens, drains, is taken over. */
        SERVICE,
        /** An endpoint is up, down or draining. */
        HEALTH,
        /** A configuration was applied, or was not. */
        RELOAD,
        /** Somebody has asked for something over the admin interface, and it was done. */
        ORDER,
        /** Something that an operator should look at. */
        WARNING
    }

    /**
     * One of them.
     *
     * @param id counts up from 1
     * @param millis Unix time
     * @param text one line
     */
    public record Event(long id, long millis, Kind kind, String text) {}

    private final Deque<Event> events = new ArrayDeque<>();
    private long last;

    /** Something has happened just now. */
    public synchronized void add(Kind kind, String text) {
        if (events.size() == MOST) {
            events.removeFirst();
        }
        String some = text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) + "…" : text;
        events.addLast(new Event(++last, System.currentTimeMillis(), kind, some));
    }

    /** Those with a higher id, the oldest first. */
    public synchronized List<Event> after(long id) {
        List<Event> some = new ArrayList<>();
        for (Event event : events) {
            if (event.id() > id) {
                some.add(event);
            }
        }
        return some;
    }
}
