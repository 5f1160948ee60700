package dev.sluice.cli.bench.techniques.send;

import dev.sluice.linux.Errno;
import dev.sluice.linux.FileCalls;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.Pipes;
import java.lang.foreign.MemorySegment;

/**
 * What a sender works with, on its own thread.
 *
 * @param chunk bytes asked for in each call, a multiple of a page
 */
public record Lane(Kernel kernel, FileCalls files, SourceFile file, int chunk) {

    public int open(Tally tally, int flags) {
        return tally.call(files.open(file.path(), FileCalls.O_RDONLY | FileCalls.O_CLOEXEC | flags, 0), "open");
    }

    public void close(Tally tally, int fd) {
        tally.call(kernel.close(fd), "close");
    }

    /** write(2) until all is out: each call copies what it takes into the socket. */
    public void write(Tally tally, int socket, MemorySegment buffer, long offset, long length) {
        for (long done = 0; done < length; ) {
            done += tally.call(kernel.write(socket, buffer, offset + done, length - done), "write");
        }
        tally.copiedOut(length);
    }

    /** splice(2) from the pipe until exactly this much is out. */
    public void drain(Tally tally, long pipe, int socket, long length) {
        for (long left = length; left > 0; ) {
            left -= tally.call(kernel.splice(Pipes.readEnd(pipe), socket, left, Pipes.SPLICE_F_NONBLOCK), "splice");
        }
    }

    /** A pipe that takes a chunk of whole pages, or as much of one as this user may have. */
    public long pipe() {
        long pipe = Errno.check(kernel.pipe(), "pipe2");
        kernel.setPipeSize(Pipes.writeEnd(pipe), chunk);
        return pipe;
    }

    public void closePipe(long pipe) {
        kernel.close(Pipes.readEnd(pipe));
        kernel.close(Pipes.writeEnd(pipe));
    }

    /** A buffer of a chunk that begins at a page. */
    public MemorySegment buffer() {
        MemorySegment memory = kernel.allocate(chunk + (long) Content.PAGE);
        return memory.asSlice(-memory.address() & (Content.PAGE - 1), chunk);
    }

    /** The whole file, mapped to be read. */
    public MemorySegment map(Tally tally, int fd) {
        long address = tally.call(files.map(fd, 0, file.size(), FileCalls.PROT_READ, FileCalls.MAP_SHARED), "mmap");
        return files.view(address, file.size());
    }

    public void unmap(Tally tally, MemorySegment mapping) {
        tally.call(files.unmap(mapping.address(), mapping.byteSize()), "munmap");
    }
}
