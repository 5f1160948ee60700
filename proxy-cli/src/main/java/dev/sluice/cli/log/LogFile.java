package dev.sluice.cli.log;

import dev.sluice.cli.common.FileType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/**
 * A file that lines are appended to, by its path: when another file is there, or none, it is opened anew before the next line. When that
 * cannot be done, and it was only moved, it is written to where it is now; when it was removed its lines are lost, and it is tried again
 * every second.
 *
 * <p>A named pipe is opened without waiting for somebody who reads it; what it has no room for waits for that.
 */
final class LogFile extends WholeLines {
    private static final long RETRY_NANOS = 1_000_000_000;
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    private final Path path;
    /** Device and inode of what is open; null where there are none. */
    private @Nullable Object identity;
    /** What is open, in {@link #DESCRIPTORS}; null as long as nobody has looked. */
    private @Nullable Path descriptor;

    /** Why it could not be opened anew; null when there was no need. */
    private @Nullable IOException unopened;

    private long triedAt;

    /**
     * Opens it, or makes it; waits for nobody.
     *
     * @throws IOException when that cannot be done; {@link #why} says it in words
     */
    LogFile(Path path) throws IOException {
        super(open(path));
        this.path = path;
        this.identity = identity(path);
    }

    private static FileChannel open(Path path) throws IOException {
        if (Files.exists(path) && FileType.PIPE.is(path)) {
            return new RandomAccessFile(path.toFile(), "rw").getChannel(); // fifo(7): not without a reader
        }
        FileChannel opened =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
        if (Files.isRegularFile(path) && isTorn(path)) {
            try {
                var _ = opened.write(ByteBuffer.wrap(new byte[] {'\n'}));
            } catch (IOException e) {
                opened.close();
                throw e;
            }
        }
        return opened;
    }

    /** Whether the last line has no end: a process was killed while it wrote. */
    private static boolean isTorn(Path path) {
        ByteBuffer last = ByteBuffer.allocate(1);
        try (SeekableByteChannel reading = Files.newByteChannel(path, StandardOpenOption.READ)) {
            if (reading.size() > 0) {
                reading.position(reading.size() - 1);
                return reading.read(last) == 1 && last.get(0) != '\n';
            }
        } catch (IOException e) {
            return false; // it may be written and not read
        }
        return false;
    }

    /** What is the matter, in words. */
    static @Nullable String why(IOException e) {
        return switch (e) {
            case NoSuchFileException none -> "its folder does not exist";
            case AccessDeniedException denied -> "this user may not write to it (EACCES)";
            case FileSystemException other -> other.getReason();
            default -> e.getMessage();
        };
    }

    private static @Nullable Object identity(Path of) {
        try {
            return Files.readAttributes(of, BasicFileAttributes.class).fileKey();
        } catch (IOException e) {
            return null; // there is none, or it cannot be seen
        }
    }

    @Override
    public void write(byte[] lines, int length) throws IOException {
        Object present = identity(path);
        if (present == null || !present.equals(identity)) {
            openAnew();
        } else {
            unopened = null;
        }
        super.write(lines, length);
    }

    @Override
    public void reopen() throws IOException {
        Object present = identity(path);
        if (present != null && present.equals(identity)) {
            return;
        }
        unopened = null; // whoever asks does not wait for the next try
        openAnew();
        IOException failed = unopened;
        if (failed != null) {
            throw new IOException("its file cannot be opened anew: " + why(failed), failed);
        }
    }

    private void openAnew() throws IOException {
        IOException failed = unopened;
        if (failed == null || System.nanoTime() - triedAt >= RETRY_NANOS) {
            triedAt = System.nanoTime();
            try {
                become(open(path));
                identity = identity(path);
                descriptor = null;
                unopened = null;
                return;
            } catch (IOException e) {
                failed = e;
                unopened = e;
            }
        }
        if (isRemoved()) {
            throw new IOException("its file was removed and cannot be opened anew: " + why(failed), failed);
        }
    }

    /** Whether what is open has no name any more. */
    private boolean isRemoved() {
        try {
            Path open = descriptor == null ? find() : descriptor;
            descriptor = open;
            return open != null && (int) Files.getAttribute(open, "unix:nlink") == 0;
        } catch (IOException e) {
            return false; // without proc(5) nobody knows
        }
    }

    private @Nullable Path find() throws IOException {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(DESCRIPTORS)) {
            for (Path one : all) {
                Object of = identity(one);
                if (of != null && of.equals(identity)) {
                    return one;
                }
            }
        }
        return null;
    }
}
