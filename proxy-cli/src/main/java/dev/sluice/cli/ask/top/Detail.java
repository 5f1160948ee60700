package dev.sluice.cli.ask.top;

import com.grack.nanojson.JsonObject;
import dev.sluice.cli.ask.Cells;
import dev.sluice.cli.ask.EventsCommand;
import dev.sluice.cli.ask.Server;
import dev.sluice.cli.text.OneLine;
import java.util.ArrayList;
import java.util.List;

/** All of the row that is chosen, in lines that are not cut: a narrow screen shows the rest of it nowhere else. */
final class Detail {
    private static final String CUT = "...";

    private Detail() {}

    /**
     * Of what is chosen; nothing where nothing is.
     *
     * @param width of a line, in characters
     * @param most lines; what has no room in them is cut
     */
    static List<Row> of(Board board, int width, int most) {
        int at = board.chosen();
        if (at < 0 || width <= CUT.length()) {
            return List.of();
        }
        String text = switch (board.view()) {
            case SESSIONS -> session(board.sessions().get(at));
            case ENDPOINTS -> endpoint(board.sample().servers().get(at));
            case EVENTS -> EventsCommand.line(board.events().get(at));
            case OVERVIEW, ENDS -> "";
        };
        return lines(text, width, most);
    }

    private static String session(JsonObject session) {
        return "session " + Cells.text(session, "id") + "  " + Cells.text(session, "client") + " at "
                + Cells.text(session, "listener") + ", to " + Cells.text(session, "endpoint") + " of "
                + Cells.text(session, "upstream") + ": " + Cells.text(session, "state") + " for " + Cells.age(session)
                + ", " + Cells.text(session, "relay") + "; up " + Cells.size(session, "up") + ", down "
                + Cells.size(session, "down") + "; connect " + Cells.millis(session, "connect_ms") + ", tries "
                + Cells.count(session, "tries") + ", rtt " + Cells.micros(session, "rtt_us") + ", retransmits "
                + Cells.count(session, "retransmits");
    }

    private static String endpoint(Server server) {
        JsonObject endpoint = server.endpoint();
        JsonObject health = server.health();
        String check = Cells.text(health, "check");
        return OneLine.of(server.toString()) + " is " + Cells.text(endpoint, "state") + ": "
                + Cells.text(health, "reason") + (check.equals(Cells.NONE) ? "" : "; check: " + check) + "; failures "
                + Cells.count(endpoint, "failures") + ", ejections " + Cells.count(health, "ejections")
                + ", retransmits " + Cells.count(endpoint, "retransmits");
    }

    /** Broken at blanks where that can be done. */
    private static List<Row> lines(String text, int width, int most) {
        List<Row> lines = new ArrayList<>();
        String rest = text;
        while (!rest.isEmpty() && lines.size() < most) {
            if (rest.length() <= width) {
                lines.add(Row.plain(rest));
                break;
            }
            if (lines.size() + 1 == most) {
                lines.add(Row.plain(rest.substring(0, width - CUT.length()) + CUT));
                break;
            }
            int blank = rest.lastIndexOf(' ', width);
            int end = blank > 0 ? blank : width;
            lines.add(Row.plain(rest.substring(0, end)));
            rest = rest.substring(end).strip();
        }
        return lines;
    }
}
