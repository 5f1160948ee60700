package dev.sluice.cli.ask.top;

import java.io.IOException;

/**
 * A key of a terminal.
 *
 * @param name one character for itself; the others in lower-case words
 */
record Key(String name) {
    static final Key UP = new Key("up");
    static final Key DOWN = new Key("down");
    static final Key LEFT = new Key("left");
    static final Key RIGHT = new Key("right");
    static final Key PAGE_UP = new Key("page up");
    static final Key PAGE_DOWN = new Key("page down");
    static final Key HOME = new Key("home");
    static final Key END = new Key("end");
    static final Key TAB = new Key("tab");
    static final Key BACK_TAB = new Key("back tab");
    static final Key ESCAPE = new Key("escape");
    static final Key CONTROL_L = new Key("control l");
    /** One that means nothing here. */
    static final Key OTHER = new Key("other");

    /** What a terminal sends behind an escape is there at once; over a slow line, nearly. */
    private static final long SEQUENCE_MILLIS = 100;

    private static final int ESC = 27;
    private static final int FORM_FEED = 12;
    private static final int DELETE = 127;
    private static final int FIRST_FINAL = 0x40;
    private static final int LAST_FINAL = 0x7e;
    private static final int LONGEST_SEQUENCE = 16;

    /** Characters of a terminal. */
    @FunctionalInterface
    interface Source {
        /**
         * The next one.
         *
         * @param timeoutMillis 0: without end
         * @return negative when none came
         */
        int read(long timeoutMillis) throws IOException;
    }

    /** The key that begins with a character that was read already. */
    static Key of(int first, Source rest) throws IOException {
        return switch (first) {
            case ESC -> escaped(rest);
            case '\t' -> TAB;
            case FORM_FEED -> CONTROL_L;
            default -> first < ' ' || first == DELETE ? OTHER : new Key(Character.toString(first));
        };
    }

    private static Key escaped(Source rest) throws IOException {
        int introducer = rest.read(SEQUENCE_MILLIS);
        if (introducer < 0) {
            return ESCAPE;
        }
        if (introducer != '[' && introducer != 'O') {
            return OTHER;
        }
        StringBuilder parameters = new StringBuilder();
        int last = rest.read(SEQUENCE_MILLIS);
        while (last >= 0 && (last < FIRST_FINAL || last > LAST_FINAL) && parameters.length() < LONGEST_SEQUENCE) {
            parameters.append((char) last);
            last = rest.read(SEQUENCE_MILLIS);
        }
        return switch (last) {
            case 'A' -> UP;
            case 'B' -> DOWN;
            case 'C' -> RIGHT;
            case 'D' -> LEFT;
            case 'H' -> HOME;
            case 'F' -> END;
            case 'Z' -> BACK_TAB;
            case '~' ->
                switch (parameters.toString()) {
                    case "1", "7" -> HOME;
                    case "4", "8" -> END;
                    case "5" -> PAGE_UP;
                    case "6" -> PAGE_DOWN;
                    default -> OTHER;
                };
            default -> OTHER;
        };
    }
}
