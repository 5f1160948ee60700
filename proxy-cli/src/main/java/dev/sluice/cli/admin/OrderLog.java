package dev.sluice.cli.admin;

import dev.sluice.cli.admin.http.Request;
import dev.sluice.cli.text.OneLine;
import java.util.List;
import java.util.function.Consumer;

/** Tells of orders that were carried out: which, and who has given it where that is known. */
final class OrderLog {
    private static final int OF_SERVICE = 3;
    private static final int OF_ENDPOINT = 7;
    private static final int NAME = 3;

    private final Consumer<String> lines;

    /** @param lines takes a line for each, on any thread */
    OrderLog(Consumer<String> lines) {
        this.lines = lines;
    }

    void given(Request order) {
        String peer = order.peer();
        lines.accept(OneLine.of("by order" + (peer == null ? "" : " of " + peer) + ": " + words(order)));
    }

    private static String words(Request order) {
        List<String> path = order.path();
        String verb = path.getLast();
        if (path.size() == OF_SERVICE) {
            return verb;
        }
        String name = path.get(NAME);
        if (path.size() == OF_ENDPOINT) {
            return "endpoint " + name + "/" + path.get(OF_ENDPOINT - 2) + " is set to " + verb;
        }
        boolean session = path.get(NAME - 1).equals("sessions");
        return verb + " " + (session ? "session " : "upstream ") + name
                + (order.query().isEmpty() ? "" : " (" + order.query() + ")");
    }
}
