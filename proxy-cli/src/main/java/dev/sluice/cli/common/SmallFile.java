package dev.sluice.cli.common;

import dev.sluice.cli.text.Units;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Files that are read whole, up to a size. */
public final class SmallFile {
    /** There is more in it than may be. */
    public static final class TooLarge extends IOException {
        private static final long serialVersionUID = 1L;

        TooLarge(int most) {
            super("is too large: expected " + Units.formatSize(most) + " at most");
        }
    }

    private SmallFile() {}

    /**
     * Reads a regular file; a symbolic link to one will do. Who opens a FIFO waits for a writer, for ever.
     *
     * @param most bytes
     * @throws TooLarge when there are more
     * @throws IOException with what is wrong, to be put behind the file's name
     */
    public static byte[] read(Path file, int most) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IOException(Files.isDirectory(file) ? "is a folder; expected a file" : "is no regular file");
        }
        return readAny(file, most);
    }

    /** The same, of whatever can be read: of a FIFO, it waits for what its writers have to say. */
    public static byte[] readAny(Path file, int most) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException("is a folder; expected a file");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(most + 1);
            if (bytes.length > most) {
                throw new TooLarge(most);
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
}
