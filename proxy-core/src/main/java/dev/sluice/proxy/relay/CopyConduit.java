package dev.sluice.proxy.relay;

import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.relay.StashPool.Stash;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.LoopStats;
import java.lang.foreign.MemorySegment;

/**
 * Through user space with recv(2) and send(2). All flows of a loop read into one buffer, which so stays in the cache; only
 * what the sink did not take at once is copied into a stash of the flow's own.
 *
 * <p>When the memory for stashes is used up, a fill only looks at the bytes (MSG_PEEK), and takes from the source what the sink
 * took: the rest stays in the source's socket. So those who hold the memory hold up nobody but themselves.
 */
final class CopyConduit implements Conduit {
    private final Kernel kernel;
    private final LoopStats stats;
    private final StashPool stashes;
    private final MemorySegment shared;
    private final long size;

    /**
     * @param size bytes read at a time
     */
    CopyConduit(Kernel kernel, LoopStats stats, StashPool stashes, int size) {
        this.kernel = kernel;
        this.stats = stats;
        this.stashes = stashes;
        this.size = size;
        this.shared = kernel.allocate(size);
    }

    @Override
    public boolean staysInKernel() {
        return false;
    }

    @Override
    public long fill(Flow flow) {
        long room = stashes.room(size);
        flow.offset = 0;
        if (room == 0) {
            flow.peeked = true;
            return kernel.recv(flow.source.fd, shared, 0, size, Sockets.MSG_PEEK);
        }
        long n = kernel.recv(flow.source.fd, shared, 0, room, 0);
        if (n > 0 && n < room && flow.source.shortReadEmpties()) {
            flow.source.notReadable();
        }
        return n;
    }

    @Override
    public long drain(Flow flow) {
        Stash stash = flow.stash;
        MemorySegment from = stash == null ? shared : stash.memory();
        long n = kernel.send(flow.sink.fd, from, flow.offset, flow.pending, Sockets.MSG_NOSIGNAL);
        if (n > 0) {
            flow.offset += (int) n;
        }
        return n;
    }

    @Override
    public void settle(Flow flow) {
        if (flow.peeked) {
            takeWhatWasGiven(flow);
        } else if (flow.pending == 0) {
            discard(flow);
        } else if (flow.stash == null) {
            Stash stash = stashes.borrow(flow.pending);
            MemorySegment.copy(shared, flow.offset, stash.memory(), 0, flow.pending);
            flow.offset = 0;
            flow.stash = stash;
        }
    }

    /** The bytes that were given are still in the source's socket, before those that were not. */
    private void takeWhatWasGiven(Flow flow) {
        if (flow.pending > 0) {
            stats.increment(Counter.STASH_WAITS);
        }
        int left = flow.offset;
        flow.peeked = false;
        flow.pending = 0;
        while (left > 0) {
            long n = kernel.recv(flow.source.fd, shared, 0, left, 0);
            if (n > 0) {
                left -= (int) n;
            } else if (n != -Errno.EINTR) {
                // They would be given twice.
                flow.source.fail(Errno.EIO);
                flow.abort();
                return;
            }
        }
    }

    /**
     * Takes over what a flow has in flight in a pipe, whatever the limit of stashes: it must go somewhere.
     *
     * @return false when the pipe does not give it
     */
    boolean takeOver(Flow flow, int pipe) {
        Stash stash = stashes.borrow(flow.pending);
        // The flow's from here on, whatever happens.
        flow.stash = stash;
        flow.offset = 0;
        int read = 0;
        while (read < flow.pending) {
            long n = kernel.read(pipe, stash.memory(), read, flow.pending - read);
            if (n > 0) {
                read += (int) n;
            } else if (n != -Errno.EINTR) {
                discard(flow);
                return false;
            }
        }
        return true;
    }

    @Override
    public void discard(Flow flow) {
        flow.peeked = false;
        Stash stash = flow.stash;
        if (stash != null) {
            flow.stash = null;
            stashes.giveBack(stash);
        }
    }
}
