package dev.sluice.proxy.relay;

import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.Pipes;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.RateLimit;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.ProxyObserver;
import java.lang.foreign.MemorySegment;

/**
 * Whether splice(2) works here. A seccomp profile may forbid it, an emulated kernel may not have it, and a single socket may refuse
 * it, such as one in a sockmap. Whoever is refused copies.
 */
final class SpliceSupport {
    /** A machine that lies about every k-th splice is found out for k up to this. */
    private static final int PROBES = 8;

    private final EventLoop loop;
    private final ProxyObserver observer;
    private final RateLimit warnings = RateLimit.ofWarnings();
    /** No flow of this loop splices, now or later. */
    private boolean off;

    /** Tries it out, before there are sessions. */
    SpliceSupport(Kernel kernel, EventLoop loop, ProxyObserver observer) {
        this.loop = loop;
        this.observer = observer;
        int errno = probe(kernel);
        if (errno != 0) {
            off = true;
            warn(errno);
        }
    }

    /** Whether the flow may splice; it is asked at every fill. */
    boolean isFor(Flow flow) {
        if (flow.refused) {
            return false;
        }
        if (off) {
            refuse(flow);
        }
        return !off;
    }

    /** Whether an errno says that the call is not possible, rather than how the connection is. */
    static boolean isRefusal(int errno) {
        return isForAll(errno) || errno == Errno.EINVAL || errno == Errno.EACCES || errno == Errno.EOPNOTSUPP;
    }

    /** Not a matter of one socket. */
    private static boolean isForAll(int errno) {
        return errno == Errno.ENOSYS || errno == Errno.EPERM;
    }

    /** The flow copies from now on, and so does every other if that is what the errno says. */
    void refused(Flow flow, int errno) {
        off |= isForAll(errno);
        refuse(flow);
        warn(errno);
    }

    private void refuse(Flow flow) {
        flow.refused = true;
        loop.stats().increment(Counter.SPLICE_REFUSALS);
    }

    private void warn(int errno) {
        if (warnings.passes(loop.now())) {
            String what = errno == Errno.EAGAIN ? "splice(2) cannot be relied on" : "splice(2) is refused";
            observer.warning(what + " (" + Errno.name(errno) + "): copying instead"
                    + (off
                            ? ". A seccomp profile that allows splice would help, or --relay copy"
                            : " on that connection"));
        }
    }

    /**
     * A byte from one pipe into another, several times.
     *
     * @return 0 when each has arrived, or when there are no pipes to try it with; else the errno, EAGAIN for one that was there
     *     and did not move
     */
    private static int probe(Kernel kernel) {
        long from = kernel.pipe();
        if (from < 0) {
            return 0;
        }
        try {
            long to = kernel.pipe();
            if (to < 0) {
                return 0;
            }
            try {
                return probe(kernel, from, to);
            } finally {
                kernel.close(Pipes.readEnd(to));
                kernel.close(Pipes.writeEnd(to));
            }
        } finally {
            kernel.close(Pipes.readEnd(from));
            kernel.close(Pipes.writeEnd(from));
        }
    }

    private static int probe(Kernel kernel, long from, long to) {
        MemorySegment bytes = kernel.allocate(PROBES);
        kernel.write(Pipes.writeEnd(from), bytes, 0, PROBES);
        for (int i = 0; i < PROBES; i++) {
            long n;
            do {
                n = kernel.splice(Pipes.readEnd(from), Pipes.writeEnd(to), 1, Pipes.SPLICE_F_NONBLOCK);
            } while (n == -Errno.EINTR);
            if (n != 1) {
                return n < 0 ? (int) -n : Errno.EAGAIN;
            }
        }
        return 0;
    }
}
