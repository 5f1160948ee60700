package dev.sluice.cli.demo;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The head of an HTTP/1.1 message (RFC 9112), as much of it as the demo needs.
 *
 * @param start the first line
 * @param fields by their names in lower case
 */
record Head(String start, Map<String, String> fields) {
    private static final int MOST = 16 << 10;

    /**
     * Reads a head byte by byte, so that nothing of the body is taken.
     *
     * @return null at the end of the stream
     * @throws IOException when it ends early, is too long, or is none
     */
    static @Nullable Head read(InputStream in) throws IOException {
        StringBuilder text = new StringBuilder(256);
        while (text.length() < 4 || text.indexOf("\r\n\r\n", text.length() - 4) < 0) {
            int c = in.read();
            if (c < 0) {
                if (text.isEmpty()) {
                    return null;
                }
                throw new EOFException("the head of a message is cut off");
            }
            if (text.length() >= MOST) {
                throw new IOException("the head of a message is too long");
            }
            text.append((char) c);
        }
        String[] lines = text.toString().split("\r\n", -1);
        Map<String, String> fields = new HashMap<>();
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            if (colon > 0) {
                fields.put(
                        lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
                        lines[i].substring(colon + 1).strip());
            }
        }
        return new Head(lines[0], fields);
    }

    /** The length of the body, or −1. */
    long contentLength() {
        return number(fields.getOrDefault("content-length", ""));
    }

    /** A number without a sign, or −1. */
    static long number(String text) {
        try {
            return text.startsWith("+") ? -1 : Long.parseLong(text);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /** Writes a head, given as its lines. */
    static void write(ByteChannel out, String... lines) throws IOException {
        writeFully(
                out, ByteBuffer.wrap((String.join("\r\n", lines) + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1)));
    }

    static void writeFully(ByteChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }
}
