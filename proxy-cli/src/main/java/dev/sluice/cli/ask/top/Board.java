package dev.sluice.cli.ask.top;

import com.grack.nanojson.JsonObject;
import dev.sluice.cli.ask.KillCommand;
import dev.sluice.cli.ask.Server;
import dev.sluice.cli.common.CommandFailure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What is known of the proxy, and what the person before the screen has chosen. */
final class Board {
    private static final int MOST_EVENTS = 500;
    private static final int PAGE = 10;

    /** What the screen shows. */
    enum View {
        OVERVIEW,
        SESSIONS,
        ENDPOINTS,
        EVENTS,
        ENDS;

        /** As the line of views has it. */
        String title() {
            String name = name().toLowerCase(Locale.ROOT);
            return Character.toUpperCase(name.charAt(0)) + name.substring(1);
        }

        View step(int by) {
            List<View> all = List.of(values());
            return all.get(Math.floorMod(all.indexOf(this) + by, all.size()));
        }
    }

    /** Which sessions stand first. */
    enum Sort {
        RATE,
        BYTES,
        AGE;

        /** What the proxy is asked for: those with the most bytes are those among which the fastest are looked for. */
        String parameter() {
            return this == AGE ? "age" : "bytes";
        }

        Sort next() {
            return switch (this) {
                case RATE -> BYTES;
                case BYTES -> AGE;
                case AGE -> RATE;
            };
        }
    }

    /**
     * Something to be told to the proxy, once that is confirmed.
     *
     * @param words what it is, {@code close session abc}
     * @param path of the order
     */
    record Order(String words, String path) {}

    /** What a key asks for beyond the screen. */
    sealed interface Wish {
        /** Nothing. */
        record None() implements Wish {}

        /** The end. */
        record Quit() implements Wish {}

        /** A sample at once. */
        record Refresh() implements Wish {}

        /** An order, which was confirmed. */
        record Give(Order order) implements Wish {}
    }

    private static final Wish NONE = new Wish.None();

    private final List<JsonObject> events = new ArrayList<>();
    private Sample sample;
    private Rates rates;
    private View view = View.OVERVIEW;
    private volatile Sort sort = Sort.RATE; // the sampler reads it
    private boolean help;
    private @Nullable String chosen;
    private int chosenIndex;
    private String note = "";
    private @Nullable Order asked;
    private @Nullable String failure;
    private Instant failedSince = Instant.EPOCH;

    Board(Sample first) {
        this.sample = first;
        this.rates = new Rates(null, first);
        events.addAll(first.events());
    }

    void sampled(Sample next) {
        rates = new Rates(sample, next);
        sample = next;
        failure = null;
        events.addAll(next.events());
        events.subList(0, Math.max(0, events.size() - MOST_EVENTS)).clear();
    }

    void failed(String why) {
        if (failure == null) {
            failedSince = Instant.now();
        }
        failure = why;
    }

    /** What came of an order. */
    void answered(String words) {
        note = words;
    }

    Sample sample() {
        return sample;
    }

    Rates rates() {
        return rates;
    }

    /** The oldest first. */
    List<JsonObject> events() {
        return events;
    }

    View view() {
        return view;
    }

    Sort sort() {
        return sort;
    }

    boolean isHelp() {
        return help;
    }

    /** Why the proxy cannot be asked, null when it can. */
    @Nullable
    String failure() {
        return failure;
    }

    Instant failedSince() {
        return failedSince;
    }

    /** The order that waits for a yes. */
    @Nullable
    Order asked() {
        return asked;
    }

    /** What came of the last order, or why a key did nothing; empty if nothing is to be said. */
    String note() {
        return note;
    }

    /** The sessions in the order that was chosen. */
    List<JsonObject> sessions() {
        Comparator<JsonObject> order = switch (sort) {
            case RATE ->
                Comparator.comparingDouble((JsonObject session) -> -rates.ofSession(session))
                        .thenComparingLong(session -> -Rates.bytes(session));
            case BYTES -> Comparator.comparingLong(session -> -Rates.bytes(session));
            case AGE -> Comparator.comparingDouble(session -> -session.getDouble("duration_ms"));
        };
        return sample.sessions().stream().sorted(order).toList();
    }

    /** What a row of the view is known by; none in views where nothing can be chosen. */
    private List<String> keys() {
        return switch (view) {
            case SESSIONS ->
                sessions().stream().map(session -> session.getString("id", "")).toList();
            case ENDPOINTS -> sample.servers().stream().map(Server::toString).toList();
            case EVENTS ->
                events.stream()
                        .map(event -> event.getLong("id") + " " + event.getString("time"))
                        .toList();
            case OVERVIEW, ENDS -> List.of();
        };
    }

    /**
     * Which row is chosen: the same session, endpoint or event as long as there is one, else what stands where it stood; the newest event as
     * long as none is chosen. −1 without rows.
     */
    int chosen() {
        List<String> keys = keys();
        int last = keys.size() - 1;
        if (chosen == null && view == View.EVENTS) {
            return last;
        }
        int at = chosen == null ? -1 : keys.indexOf(chosen);
        return at >= 0 ? at : Math.min(chosenIndex, last);
    }

    private void choose(int index) {
        List<String> keys = keys();
        if (!keys.isEmpty()) {
            chosenIndex = Math.clamp(index, 0, keys.size() - 1);
            boolean follows = view == View.EVENTS && chosenIndex == keys.size() - 1;
            chosen = follows ? null : keys.get(chosenIndex);
        }
    }

    private void show(View next) {
        view = next;
        chosen = null;
        chosenIndex = 0;
    }

    /** Does what a key stands for. */
    Wish press(Key key) {
        note = "";
        Order order = asked;
        if (order != null) {
            asked = null;
            return key.name().equals("y") ? new Wish.Give(order) : NONE;
        }
        if (help) {
            help = false;
            return NONE;
        }
        if (key.equals(Key.TAB) || key.equals(Key.RIGHT)) {
            show(view.step(1));
        } else if (key.equals(Key.BACK_TAB) || key.equals(Key.LEFT)) {
            show(view.step(-1));
        } else if (key.equals(Key.UP)) {
            choose(chosen() - 1);
        } else if (key.equals(Key.DOWN)) {
            choose(chosen() + 1);
        } else if (key.equals(Key.PAGE_UP)) {
            choose(chosen() - PAGE);
        } else if (key.equals(Key.PAGE_DOWN)) {
            choose(chosen() + PAGE);
        } else if (key.equals(Key.HOME)) {
            choose(0);
        } else if (key.equals(Key.END)) {
            choose(Integer.MAX_VALUE);
        } else {
            return pressLetter(key.name());
        }
        return NONE;
    }

    private Wish pressLetter(String name) {
        switch (name) {
            case "q" -> {
                return new Wish.Quit();
            }
            case "s" -> {
                sort = sort.next();
                return new Wish.Refresh();
            }
            case "1", "2", "3", "4", "5" -> show(View.values()[Integer.parseInt(name) - 1]);
            case "?", "h" -> help = true;
            case "k" -> askToClose();
            case "u" -> askToSet("up");
            case "d" -> askToSet("down");
            case "D" -> askToSet("drain");
            case "a" -> askToSet("auto");
            default -> note = name.length() == 1 ? "no such key: ? shows them" : "";
        }
        return NONE;
    }

    private void askToClose() {
        int at = view == View.SESSIONS ? chosen() : -1;
        if (at < 0) {
            note = view == View.SESSIONS ? "there is no session" : "choose a session first: 2, then up or down";
            return;
        }
        choose(at);
        JsonObject session = sessions().get(at);
        String id = session.getString("id", "");
        asked = new Order("close session " + id + " of " + session.getString("client", "?"), KillCommand.path(id));
    }

    private void askToSet(String state) {
        int at = view == View.ENDPOINTS ? chosen() : -1;
        if (at < 0) {
            note = view == View.ENDPOINTS ? "there is no endpoint" : "choose an endpoint first: 3, then up or down";
            return;
        }
        choose(at);
        Server server = sample.servers().get(at);
        try {
            asked = new Order("set endpoint " + server + " to " + state, server.path(state));
        } catch (CommandFailure e) {
            note = String.valueOf(e.getMessage());
        }
    }

    /** All that may stand for a view, the one that is shown in brackets. */
    String views() {
        return String.join(
                " ",
                Stream.of(View.values())
                        .map(one -> one == view ? "[" + one.title() + "]" : " " + one.title() + " ")
                        .toList());
    }
}
