package dev.sluice.cli.yaml;

import dev.sluice.cli.common.SmallFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Files as text: bounded, and UTF-8 or nothing. */
final class FileText {
    private static final char BYTE_ORDER_MARK = '\ufeff';

    private FileText() {}

    /**
     * Reads a file of at most so many bytes, or what comes out of a pipe; a byte order mark at its start is left out.
     *
     * @param problems gets what is wrong, if this returns null
     */
    static @Nullable String read(String file, int most, Problems problems) {
        byte[] bytes;
        try {
            bytes = SmallFile.readAny(path(file), most);
        } catch (IOException e) {
            problems.add(Position.FILE, String.valueOf(e.getMessage()));
            return null;
        }
        CharBuffer text = CharBuffer.allocate(bytes.length);
        if (!decode(bytes, text)) {
            problems.add(Position.behind(text.flip()), "this byte is no UTF-8; the file must be text in UTF-8");
            return null;
        }
        String whole = text.flip().toString();
        return whole.indexOf(BYTE_ORDER_MARK) == 0 ? whole.substring(1) : whole;
    }

    /** Whether all of it is UTF-8; if not, the text is what comes before the first byte that is wrong. */
    static boolean decode(byte[] bytes, CharBuffer text) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT);
        CoderResult result = decoder.decode(ByteBuffer.wrap(bytes), text, true);
        return !result.isError();
    }

    /**
     * The file of this name.
     *
     * @throws IOException with a message for people, without the name
     */
    static Path path(String file) throws IOException {
        if (file.isEmpty()) {
            throw new IOException("names no file; expected one, such as sluice.yaml");
        }
        try {
            return Path.of(file);
        } catch (InvalidPathException e) {
            throw new IOException("is no name of a file: " + e.getReason(), e);
        }
    }
}
