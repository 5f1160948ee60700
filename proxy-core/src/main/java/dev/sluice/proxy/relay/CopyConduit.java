package dev.sluice.proxy.relay;

import dev.sluice.linux.Kernel;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.relay.StashPool.Stash;
import java.lang.foreign.MemorySegment;

/**
 * Through user space with recv(2) and send(2). All flows of a loop read into one buffer, which so stays in the cache; only
 * what the sink did not take at once is copied into a stash of the flow's own.
 */
final class CopyConduit implements Conduit {
    private final Kernel kernel;
    private final StashPool stashes;
    private final MemorySegment shared;
    private final long size;

    /**
     * @param size bytes read at a time
     */
    CopyConduit(Kernel kernel, int size) {
        this.kernel = kernel;
        this.size = size;
        this.shared = kernel.allocate(size);
        this.stashes = new StashPool(size);
    }

    @Override
    public boolean ready(Flow flow) {
        return true;
    }

    @Override
    public long fill(Flow flow) {
        long n = kernel.recv(flow.source.fd, shared, 0, size, 0);
        flow.offset = 0;
        if (n > 0 && n < size && flow.source.shortReadEmpties()) {
            flow.source.notReadable();
        }
        return n;
    }

    @Override
    public boolean staysInKernel() {
        return false;
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
        if (flow.pending == 0) {
            discard(flow);
        } else if (flow.stash == null) {
            Stash stash = stashes.borrow();
            MemorySegment.copy(shared, flow.offset, stash.memory(), 0, flow.pending);
            flow.offset = 0;
            flow.stash = stash;
        }
    }

    @Override
    public void discard(Flow flow) {
        if (flow.stash != null) {
            stashes.giveBack(flow.stash);
            flow.stash = null;
        }
    }

    void close() {
        stashes.close();
    }
}
