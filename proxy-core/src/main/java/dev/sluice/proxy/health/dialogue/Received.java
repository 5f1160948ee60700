package dev.sluice.proxy.health.dialogue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** All that a probe has heard, from the beginning, up to a limit. Room is made as it is needed. */
public final class Received {
    /** So much is shown of it in a message, bytes. */
    private static final int QUOTED = 60;

    private final int limit;
    private final boolean confidential;
    private byte[] bytes = new byte[0];
    private int length;

    /**
     * @param limit bytes that may be heard
     * @param confidential whether no message may show any of it: who was told a password may say it back
     */
    public Received(int limit, boolean confidential) {
        this.limit = limit;
        this.confidential = confidential;
    }

    /** How many bytes there are. */
    public int length() {
        return length;
    }

    /** How many more there may be. */
    public int room() {
        return limit - length;
    }

    /** So many bytes more, which must fit. */
    public void add(MemorySegment from, int count) {
        if (length + count > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.min(limit, Math.max(2 * bytes.length, length + count)));
        }
        MemorySegment.copy(from, ValueLayout.JAVA_BYTE, 0, bytes, length, count);
        length += count;
    }

    /** The byte at this place, 0 … 255. */
    int at(int place) {
        return bytes[place] & 0xff;
    }

    /** Two bytes, the low one first. */
    int u16(int place) {
        return at(place) | at(place + 1) << 8;
    }

    /** Three bytes, the low one first. */
    int u24(int place) {
        return u16(place) | at(place + 2) << 16;
    }

    /** Four bytes, the high one first. */
    int int32(int place) {
        return at(place) << 24 | at(place + 1) << 16 | at(place + 2) << 8 | at(place + 3);
    }

    /** Where this byte is for the first time from a place on, −1 when it is not there. */
    int find(int wanted, int from) {
        for (int i = from; i < length; i++) {
            if (at(i) == wanted) {
                return i;
            }
        }
        return -1;
    }

    /** Where these bytes are for the first time from a place on, −1 when they are not there. */
    int find(byte[] wanted, int from) {
        for (int i = from; i + wanted.length <= length; i++) {
            if (Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i;
            }
        }
        return -1;
    }

    /** Whether it begins with this, or is the beginning of it. */
    boolean maybe(byte[] beginning) {
        int common = Math.min(length, beginning.length);
        return Arrays.equals(bytes, 0, common, beginning, 0, common);
    }

    /** Bytes as characters, one each. */
    String text(int from, int to) {
        return new String(bytes, from, Math.max(0, to - from), StandardCharsets.ISO_8859_1);
    }

    /** Its beginning, escaped and in quotation marks. */
    public String quote() {
        return quote(0, length);
    }

    /** A part of it, escaped and in quotation marks. */
    public String quote(int from, int to) {
        return confidential
                ? "something that is not shown"
                : quote(text(from, Math.min(to, from + QUOTED)), to - from > QUOTED);
    }

    /** Characters of one byte each, in quotation marks: what is not visible ASCII or a space as {@code \xNN}. */
    public static String quote(String text, boolean more) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c >= ' ' && c < 0x7f) {
                out.append(c);
            } else {
                out.append(String.format("\\x%02x", (int) c));
            }
        }
        return out.append(more ? "…\"" : "\"").toString();
    }
}
