package dev.sluice.proxy.relay;

import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.Pipes;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Through a pipe with splice(2): payload stays in the kernel. The flow holds a pipe while bytes are in it.
 *
 * <p>A fill always starts with an empty pipe. So EAGAIN can only mean that the socket is empty, never that the pipe is full;
 * and of a read of fewer bytes than the pipe has slots, which cannot have filled it, one knows that it has emptied the socket.
 */
final class SpliceConduit implements Conduit {
    private final Kernel kernel;
    private final PipePool pool;
    private final MemorySegment oneByte;

    SpliceConduit(Kernel kernel, PipePool pool) {
        this.kernel = kernel;
        this.pool = pool;
        this.oneByte = kernel.allocate(1);
    }

    @Override
    public boolean ready(Flow flow) {
        flow.pipe = pool.borrow();
        return flow.pipe != null;
    }

    @Override
    public long fill(Flow flow) {
        Pipe pipe = pipe(flow);
        Side source = flow.source;
        long n = kernel.splice(source.fd, pipe.writeEnd(), Pipes.MAX_SPLICE, Pipes.SPLICE_F_NONBLOCK);
        if (n > 0) {
            if (n < pipe.slots() && source.shortReadEmpties()) {
                source.notReadable();
            }
            return n;
        }
        if (n == -Errno.ECONNRESET || n == -Errno.EPIPE || n == -Errno.ETIMEDOUT) {
            return broken(source, pipe, (int) -n);
        }
        if (n != 0 && n != -Errno.EAGAIN) {
            return n;
        }
        if (source.urgent()) {
            return passMark(source, pipe);
        }
        // 0 may be the mark of urgent data that came after the last event, with a FIN behind it. A true end is told by
        // an
        // event of its own, which also tells of the mark; so it is believed only after that.
        return n == 0 && source.ending() ? 0 : -Errno.EAGAIN;
    }

    /** At the mark, splice tells of an error, and of this one never again, before the bytes that are behind the mark. */
    private long broken(Side source, Pipe pipe, int errno) {
        if (passMark(source, pipe) != 1) {
            return -errno;
        }
        source.failure = errno;
        return 1;
    }

    /**
     * At the mark of urgent data, splice stays at EAGAIN, or at 0 once the FIN has come. One recv(2) drops the urgent byte, as
     * every read of an application without SO_OOBINLINE does, and brings the byte behind it, which goes on its way.
     */
    private long passMark(Side source, Pipe pipe) {
        long n = kernel.recv(source.fd, oneByte, 0, 1, 0);
        if (n == 1) {
            long written;
            do {
                written = kernel.write(pipe.writeEnd(), oneByte, 0, 1);
            } while (written == -Errno.EINTR);
            return written;
        }
        if (n == -Errno.EAGAIN) {
            source.notUrgent();
        }
        return n;
    }

    @Override
    public boolean staysInKernel() {
        return true;
    }

    @Override
    public long drain(Flow flow) {
        // Exactly what is pending: with more asked for, the kernel holds back a full batch of 16 slots for 200 ms
        // (MSG_MORE).
        return kernel.splice(pipe(flow).readEnd(), flow.sink.fd, flow.pending, Pipes.SPLICE_F_NONBLOCK);
    }

    @Override
    public void settle(Flow flow) {
        Pipe pipe = flow.pipe;
        if (flow.pending == 0 && pipe != null) {
            pool.giveBack(pipe);
            flow.pipe = null;
        }
    }

    @Override
    public void discard(Flow flow) {
        if (flow.pipe != null) {
            // Whatever the count says: a pipe that was not drained in order is never used again.
            pool.discard(flow.pipe);
            flow.pipe = null;
        }
    }

    private static Pipe pipe(Flow flow) {
        return Objects.requireNonNull(flow.pipe);
    }
}
