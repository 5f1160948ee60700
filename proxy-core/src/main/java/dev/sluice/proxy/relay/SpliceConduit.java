package dev.sluice.proxy.relay;

import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.Pipes;
import dev.sluice.proxy.stats.EndCause;
import java.util.Objects;

/**
 * Through a pipe with splice(2): payload stays in the kernel. The flow holds a pipe while bytes are in it.
 *
 * <p>A fill always starts with an empty pipe. So EAGAIN can only mean that the socket is empty, never that the pipe is full;
 * and of a read of fewer bytes than the pipe has slots, which cannot have filled it, one knows that it has emptied the socket.
 *
 * <p>Whatever splice answers instead of bytes is only believed when the kernel says so in another way: that there is nothing, by
 * FIONREAD; all else by a recv(2), and what that brings is copied.
 */
final class SpliceConduit implements Conduit {
    private final Kernel kernel;
    private final PipePool pool;
    private final SpliceSupport support;
    private final CopyConduit copy;

    SpliceConduit(Kernel kernel, PipePool pool, SpliceSupport support, CopyConduit copy) {
        this.kernel = kernel;
        this.pool = pool;
        this.support = support;
        this.copy = copy;
    }

    /**
     * Borrows a pipe for a fill.
     *
     * @return false when there is none
     */
    boolean ready(Flow flow) {
        flow.pipe = pool.borrow();
        return flow.pipe != null;
    }

    @Override
    public boolean staysInKernel() {
        return true;
    }

    @Override
    public long fill(Flow flow) {
        Pipe pipe = pipe(flow);
        Side source = flow.source;
        long n = splice(source, pipe);
        if (n == -Errno.EAGAIN && source.isOpen()) {
            if (kernel.bytesReadable(source.fd) == 0) {
                return n;
            }
            // Bytes may have come since: only a second answer like that is doubted.
            n = splice(source, pipe);
        }
        if (n > 0) {
            if (n < pipe.slots() && source.shortReadEmpties()) {
                source.notReadable();
            }
            return n;
        }
        return n == -Errno.EINTR ? n : receive(flow, n);
    }

    private long splice(Side source, Pipe pipe) {
        return kernel.splice(source.fd, pipe.writeEnd(), Pipes.MAX_SPLICE, Pipes.SPLICE_F_NONBLOCK);
    }

    /**
     * At the mark of urgent data splice stays at EAGAIN, or at 0 once the FIN has come, whatever is behind it; a recv passes the
     * mark, and drops the urgent byte, as every read without SO_OOBINLINE does. A splice may also be refused, or be wrong.
     */
    private long receive(Flow flow, long answer) {
        Pipe pipe = pipe(flow);
        flow.pipe = null;
        flow.conduit = copy;
        pool.giveBack(pipe); // a splice that answers anything but bytes has moved none
        int errno = (int) -Math.min(answer, 0);
        if (SpliceSupport.isRefusal(errno)) {
            support.refused(flow, errno);
        } else if (errno != Errno.EAGAIN && !EndCause.isShortage(errno)) {
            if (flow.source.isClosed()) {
                return answer;
            } else if (errno != 0) {
                return receiveRest(flow, errno);
            }
        }
        return copy.fill(flow);
    }

    /** The connection has an error, which is told of once: at the mark of urgent data there are bytes that go before it. */
    private long receiveRest(Flow flow, int errno) {
        long n = copy.fill(flow);
        if (n <= 0) {
            return -errno;
        }
        flow.source.fail(errno);
        return n;
    }

    @Override
    public long drain(Flow flow) {
        // Exactly what is pending: with more asked for, the kernel holds back a full batch of 16 slots for 200 ms
        // (MSG_MORE).
        long n = kernel.splice(pipe(flow).readEnd(), flow.sink.fd, flow.pending, Pipes.SPLICE_F_NONBLOCK);
        if (n < 0 && SpliceSupport.isRefusal((int) -n)) {
            support.refused(flow, (int) -n);
            return send(flow);
        }
        return n == -Errno.EAGAIN && flow.sink.isDoubtful() ? send(flow) : n;
    }

    /** The bytes in the pipe go on by copying. */
    private long send(Flow flow) {
        Pipe pipe = pipe(flow);
        if (!copy.takeOver(flow, pipe.readEnd())) {
            return -Errno.EIO;
        }
        flow.pipe = null;
        flow.conduit = copy;
        pool.discard(pipe);
        return copy.drain(flow);
    }

    @Override
    public void settle(Flow flow) {
        Pipe pipe = flow.pipe;
        if (flow.pending == 0 && pipe != null) {
            flow.pipe = null;
            pool.giveBack(pipe);
        }
    }

    @Override
    public void discard(Flow flow) {
        Pipe pipe = flow.pipe;
        if (pipe != null) {
            flow.pipe = null;
            // Whatever the count says: a pipe that was not drained in order is never used again.
            pool.discard(pipe);
        }
    }

    private static Pipe pipe(Flow flow) {
        return Objects.requireNonNull(flow.pipe);
    }
}
