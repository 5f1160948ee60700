package dev.sluice.cli.bench.techniques.send;

import dev.sluice.linux.Errno;
import dev.sluice.linux.FileCalls;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.KernelException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The file that is sent. It loses its name as soon as it is open, so that nothing of it is left behind however the process ends;
 * it is opened by the descriptor's link below /proc (proc(5)).
 */
public final class SourceFile {
    private static final int OWNER_ONLY = 0600;

    private final int fd;
    private final long size;
    private final boolean onDisk;

    private SourceFile(int fd, long size, boolean onDisk) {
        this.fd = fd;
        this.size = size;
        this.onDisk = onDisk;
    }

    /**
     * Makes an empty file.
     *
     * @param size bytes that it will have, for {@link #size}
     * @throws KernelException when the folder does not take it
     */
    public static SourceFile create(Path folder, long size, FileCalls files) throws IOException {
        Path path = folder.resolve(".sluice-bench-" + ProcessHandle.current().pid() + "-" + System.nanoTime());
        int flags = FileCalls.O_RDWR | FileCalls.O_CREAT | FileCalls.O_EXCL | FileCalls.O_CLOEXEC;
        int fd = Errno.check(files.open(path.toString(), flags, OWNER_ONLY), "open");
        Files.delete(path);
        String type = Files.getFileStore(folder).type();
        return new SourceFile(fd, size, !type.equals("tmpfs") && !type.equals("ramfs"));
    }

    /** Fills it and waits until it is on the disk, so that no writing back disturbs the rounds; it stays in the page cache. */
    public void fill(Content content, Kernel kernel, FileCalls files) {
        MemorySegment block = kernel.allocate(Content.BLOCK);
        for (long done = 0; done < size; ) {
            long count = Math.min(Content.BLOCK, size - done);
            content.copyTo(block, done, count);
            for (long written = 0; written < count; ) {
                written += Errno.check(kernel.write(fd, block, written, count - written), "write");
            }
            done += count;
        }
        Errno.check(files.sync(fd), "fsync");
    }

    /** Where to open it. */
    public String path() {
        return "/proc/self/fd/" + fd;
    }

    /** Bytes. */
    public long size() {
        return size;
    }

    /** Whether there is more than memory below it. */
    boolean onDisk() {
        return onDisk;
    }

    /** Makes it a hole of its size: no page of it is in the cache. */
    public void empty(FileCalls files) {
        Errno.check(files.truncate(fd, 0), "ftruncate");
        Errno.check(files.truncate(fd, size), "ftruncate");
    }

    public void close(Kernel kernel) {
        kernel.close(fd);
    }
}
