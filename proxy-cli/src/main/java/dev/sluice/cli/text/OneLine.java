package dev.sluice.cli.text;

/** Text from outside on its way into a line of output. */
public final class OneLine {
    private static final int LONGEST = 300;

    private OneLine() {}

    /** A message with a value in it that may be as long as the file that it is from: both ends of it, which tell the most. */
    public static String shortened(String text) {
        return text.length() <= 2 * LONGEST
                ? text
                : text.substring(0, LONGEST) + " … " + text.substring(text.length() - LONGEST);
    }

    /**
     * The text with every control character as {@code \xNN}, and whatever else ends a line or turns its direction as
     * {@code \}{@code uNNNN}: it stays one line, cannot drive a terminal, and reads as it is.
     */
    public static String of(String text) {
        StringBuilder out = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isHidden(c)) {
                if (out == null) {
                    out = new StringBuilder(text.length() + 16).append(text, 0, i);
                }
                escape(out, c);
            } else if (out != null) {
                out.append(c);
            }
        }
        return out == null ? text : out.toString();
    }

    /** Whether it is not seen, or does something to what is around it: ends a line, turns its direction, drives a terminal. */
    public static boolean isHidden(char c) {
        if (c < 0x7f) {
            return c < ' ';
        }
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }

    private static void escape(StringBuilder out, char c) {
        out.append(c < 0x100 ? "\\x" : "\\u");
        for (int shift = c < 0x100 ? 4 : 12; shift >= 0; shift -= 4) {
            out.append(Character.forDigit(c >> shift & 15, 16));
        }
    }
}
