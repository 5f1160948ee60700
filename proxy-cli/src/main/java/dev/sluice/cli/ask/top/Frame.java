package dev.sluice.cli.ask.top;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import dev.sluice.cli.ask.Cells;
import dev.sluice.cli.ask.EventsCommand;
import dev.sluice.cli.ask.Server;
import dev.sluice.cli.ask.client.Reply;
import dev.sluice.cli.text.OneLine;
import dev.sluice.cli.text.Table;
import dev.sluice.cli.text.Units;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** Lines for a screen, or for a file: what a {@link Board} has to show. */
final class Frame {
    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT).withZone(ZoneId.systemDefault());
    private static final String GAP = "  ";
    private static final int MANY = 20;
    /** As many predecessors have a line each. */
    private static final int PREDECESSORS = 3;

    /** Of the rows that the overview has for lists: listeners get a fourth, endpoints a third, events an eighth, sessions the rest. */
    private static final int LISTENERS = 4;

    private static final int ENDPOINTS = 3;
    private static final int EVENTS = 8;
    /** Of the rows of a view, what is chosen gets one of so many, and no fewer than the least; a small screen has none for that. */
    private static final int DETAIL = 6;

    private static final int LEAST_DETAIL = 4;
    private static final int SMALL = 12;
    /** Columns from which on there is room for all figures. */
    private static final int WIDE = 100;

    private static final String KEYS = "q quit  Tab view  s sort  k close session  u d D a set endpoint  ? help";

    private static final List<String> HELP = List.of(
            "q, Ctrl-C      quit",
            "Tab, arrows    the next or the last view; 1 2 3 4 5: one of them",
            "up, down       choose a session, an endpoint or an event; Page Up, Page Down,",
            "               Home, End. All of what is chosen stands below",
            "s              sort sessions by rate, by bytes or by age",
            "k              close the session that is chosen (asks first)",
            "u d D a        set the endpoint that is chosen up, down, to drain, or as",
            "               its checks say (asks first)",
            "Ctrl-L         draw the screen anew",
            "",
            "The proxy is asked for the 300 sessions with the most bytes, or the oldest;",
            "rates are their growth since the time before. Spliced: of the bytes since",
            "then. rtt: of the endpoint's connections, as the kernel measures it.",
            "",
            "Any key goes on.");

    private final Board board;
    private final Sample sample;
    private final Rates rates;
    private final int columns;

    private Frame(Board board, int columns) {
        this.board = board;
        this.columns = columns;
        this.sample = board.sample();
        this.rates = board.rates();
    }

    /** A screen: as many rows as it has, and what is cut at its width is told below where it is chosen. */
    static List<Row> screen(Board board, String address, int rows, int columns) {
        Frame frame = new Frame(board, columns);
        List<Row> lines = new ArrayList<>(frame.head(address));
        lines.add(
                Row.plain(board.views() + "   sorted by " + board.sort().name().toLowerCase(Locale.ROOT)));
        lines.add(Row.EMPTY);
        int room = Math.max(0, rows - lines.size() - 1);
        List<Row> body = board.isHelp() ? HELP.stream().map(Row::plain).toList() : frame.view(room);
        lines.addAll(body.subList(0, Math.min(room, body.size())));
        while (lines.size() < rows - 1) {
            lines.add(Row.EMPTY);
        }
        lines.add(frame.foot());
        return lines.subList(Math.max(0, lines.size() - rows), lines.size());
    }

    /** All that there is to see, once, for who has no screen. */
    static List<Row> page(Board board, String address) {
        Frame frame = new Frame(board, Integer.MAX_VALUE);
        List<Row> lines = new ArrayList<>(frame.head(address));
        for (List<Row> part : List.of(
                frame.listeners(Integer.MAX_VALUE),
                frame.endpoints(frame.sickFirst(), Integer.MAX_VALUE, -1),
                frame.sessions(MANY + 1, -1),
                frame.ends(MANY + 1),
                frame.lastEvents(MANY + 1))) {
            lines.add(Row.EMPTY);
            lines.addAll(part);
        }
        return lines;
    }

    private List<Row> head(String address) {
        JsonObject status = sample.status();
        String state = Cells.text(status, "state");
        String first = "sluice " + Cells.text(status, "version") + "  " + state + left(status) + " "
                + Units.approximate(Duration.ofSeconds(status.getLong("uptime_seconds"))) + "  pid "
                + Cells.count(status, "pid") + "  " + OneLine.of(address);
        String silent = silent(status);
        String second = "sessions " + Cells.count(status, "sessions") + "  new " + rates.connections() + "  up "
                + rates.bytes("bytes_up") + "  down " + rates.bytes("bytes_down") + "  spliced " + rates.spliced()
                + busy(status);
        String failure = board.failure();
        List<Row> lines = new ArrayList<>();
        lines.add(
                failure == null
                        ? new Row(first + silent, look(state, silent))
                        : new Row(
                                "not reachable since " + CLOCK.format(board.failedSince()) + ", trying again: "
                                        + OneLine.of(failure),
                                Row.Look.BAD));
        lines.add(Row.plain(second));
        lines.addAll(predecessors(status));
        return lines;
    }

    /** How long it goes on like that, where it does not for good. */
    private static String left(JsonObject status) {
        String drainsIn = Cells.drainsIn(status);
        if (!drainsIn.equals(Cells.NONE)) {
            return " (drains in " + drainsIn + ")";
        }
        String left = Cells.drainLeft(status);
        return left.equals(Cells.NONE) ? "" : " (cuts what is left in " + left + ")";
    }

    /** Their sessions are not among those below. */
    private static List<Row> predecessors(JsonObject status) {
        List<JsonObject> all = Reply.objects(status.getArray("predecessors"));
        List<Row> lines = new ArrayList<>();
        for (JsonObject before : all.subList(0, Math.min(PREDECESSORS, all.size()))) {
            lines.add(new Row(
                    "predecessor pid " + Cells.count(before, "pid") + " has sessions left: sluice top --admin "
                            + Cells.text(before, "admin"),
                    Row.Look.WARNING));
        }
        if (all.size() > PREDECESSORS) {
            lines.add(new Row((all.size() - PREDECESSORS) + " more predecessors: sluice status", Row.Look.WARNING));
        }
        return lines;
    }

    private static Row.Look look(String state, String silent) {
        if (!silent.isEmpty()) {
            return Row.Look.BAD;
        }
        return state.equals("running") ? Row.Look.PLAIN : Row.Look.WARNING;
    }

    /** Loops whose sessions stand still; empty when all turn. */
    private static String silent(JsonObject status) {
        JsonArray loops = status.getArray("silent_loops", new JsonArray());
        String names =
                loops.stream().map(loop -> OneLine.of(String.valueOf(loop))).collect(Collectors.joining(", "));
        return names.isEmpty() ? "" : "  " + names + (loops.size() == 1 ? " does" : " do") + " not answer";
    }

    /** The loop that has the least time left. */
    private static String busy(JsonObject status) {
        double most = -1;
        for (JsonObject loop : Reply.objects(status.getArray("loops"))) {
            most = Math.max(most, loop.getDouble("busy", -1));
        }
        return most < 0 ? "" : "  busy " + Math.round(100 * most) + "%";
    }

    private Row foot() {
        Board.Order asked = board.asked();
        if (asked != null) {
            return new Row(OneLine.of(asked.words()) + "? y/n", Row.Look.CHOSEN);
        }
        return board.note().isEmpty()
                ? new Row(KEYS, Row.Look.HEAD)
                : new Row(OneLine.of(board.note()), Row.Look.WARNING);
    }

    private List<Row> view(int room) {
        return switch (board.view()) {
            case OVERVIEW -> overview(room);
            case ENDS -> ends(room);
            case SESSIONS, ENDPOINTS, EVENTS -> {
                int below = room < SMALL ? 0 : Math.max(LEAST_DETAIL, room / DETAIL);
                List<Row> lines = new ArrayList<>(list(room - below));
                while (lines.size() < room - below + 1 && below > 0) {
                    lines.add(Row.EMPTY);
                }
                lines.addAll(Detail.of(board, columns - 1, below - 1));
                yield lines;
            }
        };
    }

    private List<Row> list(int room) {
        return switch (board.view()) {
            case SESSIONS -> sessions(room, board.chosen());
            case ENDPOINTS -> endpoints(sample.servers(), room, board.chosen());
            default -> events(room, board.chosen());
        };
    }

    private List<Row> overview(int room) {
        List<Row> lines = new ArrayList<>();
        List<Row> listeners = listeners(Math.max(2, room / LISTENERS));
        List<Row> endpoints = endpoints(sickFirst(), Math.max(2, room / ENDPOINTS), -1);
        List<Row> events = lastEvents(Math.max(2, room / EVENTS + 1));
        int gaps = 3;
        int left = room - listeners.size() - endpoints.size() - events.size() - gaps;
        for (List<Row> part : List.of(listeners, endpoints, sessions(Math.max(2, left), -1), events)) {
            if (!lines.isEmpty()) {
                lines.add(Row.EMPTY);
            }
            lines.addAll(part);
        }
        return lines;
    }

    private List<Row> listeners(int room) {
        Table table = new Table(GAP, Set.of(1, 2, 3));
        table.row("listener", "address", "upstream", "relay", "accepted", "up/s", "down/s");
        for (JsonObject listener : sample.listeners()) {
            table.row(
                    Cells.text(listener, "name"),
                    Cells.text(listener, "address") + (listener.getBoolean("listening", true) ? "" : " (closed)"),
                    Cells.text(listener, "upstream"),
                    Cells.text(listener, "relay"),
                    Cells.count(listener, "accepted"),
                    rates.ofListener(listener, "bytes_up"),
                    rates.ofListener(listener, "bytes_down"));
        }
        return lines(table, room, -1, List.of());
    }

    private List<Server> sickFirst() {
        return sample.servers().stream()
                .sorted(Comparator.comparing(server -> look(server) == Row.Look.GOOD))
                .toList();
    }

    private List<Row> endpoints(List<Server> servers, int room, int chosen) {
        if (chosen < 0 && columns < WIDE) {
            return lines(briefly(servers), room, chosen, looks(servers));
        }
        Table table = new Table(GAP, Set.of(1, 2, 7));
        table.row("upstream", "endpoint", "state", "sessions", "failures", "rtt", "since", "reason");
        for (Server server : servers) {
            JsonObject endpoint = server.endpoint();
            table.row(
                    server.upstreamText(),
                    server.text(),
                    Cells.text(endpoint, "state"),
                    Cells.count(endpoint, "sessions"),
                    Cells.count(endpoint, "failures"),
                    Cells.micros(endpoint, "rtt_us"),
                    Cells.ago(server.health(), "since", sample.now()),
                    Cells.text(server.health(), "reason"));
        }
        return lines(table, room, chosen, looks(servers));
    }

    /** Why it is down is what somebody looks for; the figures are in the other view. */
    private Table briefly(List<Server> servers) {
        Table table = new Table(GAP, Set.of(1, 2, 5));
        table.row("upstream", "endpoint", "state", "sessions", "since", "reason");
        for (Server server : servers) {
            table.row(
                    server.upstreamText(),
                    server.text(),
                    Cells.text(server.endpoint(), "state"),
                    Cells.count(server.endpoint(), "sessions"),
                    Cells.ago(server.health(), "since", sample.now()),
                    Cells.text(server.health(), "reason"));
        }
        return table;
    }

    private static List<Row.Look> looks(List<Server> servers) {
        return servers.stream().map(Frame::look).toList();
    }

    private static Row.Look look(Server server) {
        return switch (server.endpoint().getString("state", "")) {
            case "up" ->
                server.paused() || server.health().getBoolean("against_check") ? Row.Look.WARNING : Row.Look.GOOD;
            case "down" -> Row.Look.BAD;
            default -> Row.Look.WARNING;
        };
    }

    private List<Row> sessions(int room, int chosen) {
        Table table = new Table(GAP, Set.of(1, 2, 9, 10));
        table.row("client", "endpoint", "state", "up/s", "down/s", "up", "down", "age", "rtt", "listener", "id");
        for (JsonObject session : board.sessions()) {
            table.row(
                    Cells.text(session, "client"),
                    Cells.text(session, "endpoint"),
                    Cells.text(session, "state"),
                    rates.ofSession(session, "up"),
                    rates.ofSession(session, "down"),
                    Cells.size(session, "up"),
                    Cells.size(session, "down"),
                    Cells.age(session),
                    Cells.micros(session, "rtt_us"),
                    Cells.text(session, "listener"),
                    Cells.text(session, "id"));
        }
        return lines(table, room, chosen, List.of());
    }

    /** The newest ones, as many as there is room for. */
    private List<Row> lastEvents(int room) {
        List<JsonObject> events = board.events();
        List<Row> lines = new ArrayList<>(List.of(Row.head("events")));
        for (JsonObject event : events.subList(Math.max(0, events.size() - Math.max(0, room - 1)), events.size())) {
            lines.add(new Row(line(event), look(event)));
        }
        return lines;
    }

    private List<Row> events(int room, int chosen) {
        List<String> text = new ArrayList<>(List.of("events"));
        board.events().forEach(event -> text.add(line(event)));
        return lines(
                text, room, chosen, board.events().stream().map(Frame::look).toList());
    }

    /** The time of day will do where there is little room. */
    private String line(JsonObject event) {
        if (columns >= WIDE) {
            return EventsCommand.line(event);
        }
        String time = event.getString("time", "");
        try {
            time = CLOCK.format(Instant.parse(time));
        } catch (DateTimeParseException e) {
            time = OneLine.of(time);
        }
        return time + " " + Cells.text(event, "kind") + " " + Cells.text(event, "text");
    }

    private static Row.Look look(JsonObject event) {
        return "warning".equals(event.getString("kind")) ? Row.Look.WARNING : Row.Look.PLAIN;
    }

    /** How sessions have ended, the most frequent ways first. */
    private List<Row> ends(int room) {
        Table table = new Table(GAP, Set.of(1, 2));
        table.row("listener", "who", "cause", "sessions", "new");
        Reply.objects(sample.status().getArray("ends", new JsonArray())).stream()
                .sorted(Comparator.comparingLong(end -> -end.getLong("count")))
                .forEach(end -> table.row(
                        Cells.text(end, "listener"),
                        Cells.text(end, "who"),
                        Cells.text(end, "cause"),
                        Cells.count(end, "count"),
                        rates.ofEnd(end)));
        return lines(table, room, -1, List.of());
    }

    private static List<Row> lines(Table table, int room, int chosen, List<Row.Look> looks) {
        return lines(table.toString().lines().toList(), room, chosen, looks);
    }

    /**
     * A heading and what stands below it as rows, so many that the one that is chosen is among them.
     *
     * @param room for all of it, the heading included
     * @param chosen −1: none
     * @param looks of its rows, none: plain
     */
    private static List<Row> lines(List<String> text, int room, int chosen, List<Row.Look> looks) {
        int fit = Math.max(0, room - 1);
        int rows = text.size() - 1;
        boolean all = rows <= fit;
        int shown = all ? rows : Math.max(0, fit - 1); // the last one says that there are more
        int first = Math.clamp(chosen - shown / 2L, 0, Math.max(0, rows - shown));
        String margin = chosen < 0 ? "" : "  "; // where a mark stands, for terminals that cannot do more
        List<Row> lines = new ArrayList<>(List.of(Row.head(margin + text.getFirst())));
        for (int i = first; i < first + shown; i++) {
            lines.add(
                    i == chosen
                            ? new Row("> " + text.get(i + 1), Row.Look.CHOSEN)
                            : new Row(margin + text.get(i + 1), look(looks, i)));
        }
        if (!all) {
            String more =
                    chosen < 0 ? (rows - shown) + " more" : (first + 1) + " to " + (first + shown) + " of " + rows;
            lines.add(Row.plain(margin + "... " + more));
        }
        return lines;
    }

    private static Row.Look look(List<Row.Look> looks, int index) {
        return index < looks.size() ? looks.get(index) : Row.Look.PLAIN;
    }
}
