package dev.sluice.cli.yaml;

import java.util.Comparator;

/**
 * A place in a file.
 *
 * @param line from 1; 0 is the file as a whole
 * @param column from 1, in characters (code points)
 */
public record Position(int line, int column) implements Comparable<Position> {
    /** No place in it, but the file as a whole. */
    public static final Position FILE = new Position(0, 0);

    static final Position START = new Position(1, 1);

    private static final Comparator<Position> ORDER =
            Comparator.comparingInt(Position::line).thenComparingInt(Position::column);

    /** The place behind this text, if the text begins the file. */
    static Position behind(CharSequence text) {
        int line = 1;
        int column = 1;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n') {
                line++;
                column = 1;
            } else if (!Character.isLowSurrogate(c) && c != '\r') {
                column++;
            }
        }
        return new Position(line, column);
    }

    @Override
    public int compareTo(Position other) {
        return ORDER.compare(this, other);
    }
}
