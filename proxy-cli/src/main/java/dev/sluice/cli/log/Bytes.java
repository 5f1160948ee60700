package dev.sluice.cli.log;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes that are collected, in an array that grows and is used again. For one thread. */
public final class Bytes {
    private static final int FIRST = 1024;
    /** Digits of {@link Long#MAX_VALUE} to the base of ten; to higher ones there are fewer. */
    private static final int MOST_DIGITS = 19;

    private static final byte[] DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz".getBytes(StandardCharsets.US_ASCII);

    private byte[] array = new byte[FIRST];
    private int length;

    /** What is collected in: valid until something is added, as far as {@link #length}. */
    public byte[] array() {
        return array;
    }

    /** How many there are. */
    public int length() {
        return length;
    }

    /** Forgets all but the first so many. */
    public void cut(int first) {
        length = first;
    }

    /**
     * Makes room.
     *
     * @return an array that has room for so many from {@link #length} on; what is written there counts after {@link #end}
     */
    byte[] room(int more) {
        if (array.length - length < more) {
            array = Arrays.copyOf(array, Math.max(2 * array.length, length + more));
        }
        return array;
    }

    /** What was written into {@link #room} ends before this index. */
    void end(int index) {
        length = index;
    }

    /** Adds one. */
    public Bytes put(char ascii) {
        room(1)[length++] = (byte) ascii;
        return this;
    }

    /** Adds some. */
    public Bytes put(byte[] some) {
        System.arraycopy(some, 0, room(some.length), length, some.length);
        length += some.length;
        return this;
    }

    /** Adds a text in UTF-8. */
    public Bytes put(String text) {
        int count = text.length();
        byte[] out = room(count);
        for (int i = 0; i < count; i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                return put(text.getBytes(StandardCharsets.UTF_8));
            }
            out[length + i] = (byte) c;
        }
        length += count;
        return this;
    }

    /** Adds a number that is ≥ 0, in decimal. */
    public Bytes number(long value) {
        return number(value, 10);
    }

    /**
     * Adds a number that is ≥ 0.
     *
     * @param base 10 … 36; the digits above 9 are lower case letters
     */
    public Bytes number(long value, int base) {
        byte[] out = room(MOST_DIGITS);
        if (value < base) {
            out[length++] = DIGITS[(int) value];
            return this;
        }
        int digits = 2;
        for (long rest = value / base; rest >= base; rest /= base) {
            digits++;
        }
        length += digits;
        long left = value;
        for (int i = length - 1; left > 0; i--) {
            out[i] = DIGITS[(int) (left % base)];
            left /= base;
        }
        return this;
    }

    /** Adds a number of so many digits, with zeros before it. */
    public Bytes padded(int value, int digits) {
        byte[] out = room(digits);
        int left = value;
        for (int i = length + digits - 1; i >= length; i--) {
            out[i] = (byte) ('0' + left % 10);
            left /= 10;
        }
        length += digits;
        return this;
    }
}
