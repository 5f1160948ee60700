package dev.sluice.cli.yaml;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Files as text: bounded, and UTF-8 or nothing. */
final class FileText {
    private static final char BYTE_ORDER_MARK = '\ufeff';

    private FileText() {}

    /**
     * Reads a file of at most so many bytes; a byte order mark at its start is left out.
     *
     * @param problems gets what is wrong, if this returns null
     */
    static @Nullable String read(String file, int most, Problems problems) {
        byte[] bytes;
        try {
            bytes = readBytes(file, most);
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
     * Reads a file of at most so many bytes.
     *
     * @throws IOException with a message for people, without the file's name
     */
    static byte[] readBytes(String file, int most) throws IOException {
        if (file.isEmpty()) {
            throw new IOException("names no file; expected one, such as sluice.yaml");
        }
        Path path;
        try {
            path = Path.of(file);
        } catch (InvalidPathException e) {
            throw new IOException("is no name of a file: " + e.getReason(), e);
        }
        if (Files.isDirectory(path)) {
            throw new IOException("is a folder; expected a file");
        }
        try (InputStream in = Files.newInputStream(path)) {
            byte[] bytes = in.readNBytes(most + 1);
            if (bytes.length > most) {
                throw new TooLarge("is too large: expected " + (most >> 10) + " KiB at most");
            }
            return bytes;
        } catch (TooLarge e) {
            throw e;
        } catch (NoSuchFileException | FileNotFoundException e) {
            throw new IOException("does not exist", e);
        } catch (AccessDeniedException e) {
            throw new IOException("may not be read by this user (EACCES)", e);
        } catch (FileSystemException e) {
            throw new IOException("cannot be read: " + e.getReason(), e);
        } catch (IOException e) {
            throw new IOException("cannot be read: " + e.getMessage(), e);
        }
    }

    private static final class TooLarge extends IOException {
        private static final long serialVersionUID = 1L;

        TooLarge(String message) {
            super(message);
        }
    }
}
