package dev.sluice.proxy.health.dialogue;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a Redis server says, one value after the other (RESP2, redis.io/docs/latest/develop/reference/protocol-spec). */
final class Resp {
    /**
     * One value.
     *
     * @param kind its first byte: + a word, - an error, : a number, $ a text, * a list
     * @param text what is in it, of characters of one byte each; empty for a list
     * @param items of a list
     */
    record Value(char kind, String text, List<Value> items) {
        boolean isError() {
            return kind == '-';
        }

        /** The first word of it. */
        String word() {
            return text.split(" ", 2)[0];
        }

        /** The text of an item of a list, empty when there is no such item. */
        String item(int index) {
            return index < items.size() ? items.get(index).text() : "";
        }
    }

    private static final int DEEPEST = 4;
    private static final int LONGEST = 1 << 20;

    private final Received heard;
    private int place;
    private boolean foreign;

    Resp(Received heard) {
        this.heard = heard;
    }

    /** The next value, null when not all of it is there, or when it is none. */
    @Nullable
    Value next() {
        int before = place;
        Value value = foreign ? null : read(0);
        if (value == null) {
            place = before;
        }
        return value;
    }

    /** Whether something else than such a value is there. */
    boolean isForeign() {
        return foreign;
    }

    private @Nullable Value read(int depth) {
        if (place >= heard.length()) {
            return null;
        }
        char kind = (char) heard.at(place);
        if ("+-:$*".indexOf(kind) < 0 || depth > DEEPEST) {
            foreign = true;
            return null;
        }
        int end = heard.find('\n', place);
        if (end < 0) {
            return null;
        }
        String line = heard.text(place + 1, end).stripTrailing();
        place = end + 1;
        return switch (kind) {
            case '$' -> text(length(line));
            case '*' -> list(length(line), depth);
            default -> new Value(kind, line, List.of());
        };
    }

    /** −1 means nothing at all. */
    private int length(String line) {
        if (!line.matches("-1|[0-9]{1,7}") || Integer.parseInt(line) > LONGEST) {
            foreign = true;
            return -1;
        }
        return Integer.parseInt(line);
    }

    private @Nullable Value text(int length) {
        if (foreign) {
            return null;
        }
        if (length < 0) {
            return new Value('$', "", List.of());
        }
        if (heard.length() < place + length + 2) {
            return null;
        }
        String text = heard.text(place, place + length);
        place += length + 2;
        return new Value('$', text, List.of());
    }

    private @Nullable Value list(int length, int depth) {
        if (foreign) {
            return null;
        }
        List<Value> items = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            Value item = read(depth + 1);
            if (item == null) {
                return null;
            }
            items.add(item);
        }
        return new Value('*', "", items);
    }
}
