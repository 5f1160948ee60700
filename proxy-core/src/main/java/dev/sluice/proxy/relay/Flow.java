package dev.sluice.proxy.relay;

import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.relay.StashPool.Stash;
import dev.sluice.proxy.stats.ListenerStats;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a session.
 *
 * <pre>
 *   OPEN ──end of the source's stream──▶ DRAINING ──nothing in flight──▶ FINISHED (the sink was sent a FIN)
 *     └──────────────────── sink broken, session cut ──────────────────▶ ABORTED  (what was in flight is dropped)
 * </pre>
 *
 * <p>A flow takes new bytes only when its sink can take them and nothing is in flight. So what is in flight always waits for
 * the sink, and a source that is not being read is held back by its own full socket buffer.
 *
 * <p>A broken source drains too, but without an end of its stream there is no FIN: what became of it is the session's to tell.
 */
final class Flow {
    private enum State {
        OPEN,
        /** The source's stream has ended. */
        DRAINING,
        /** The source broke before its stream had ended. */
        DRAINING_BROKEN,
        FINISHED,
        ABORTED
    }

    /** A fill of so many bytes is of a stream, and the next one mostly finds more. */
    private static final int STREAM = 32 << 10;

    /** A fill of fewer bytes has taken all there was: it fits the smallest pipe, but for packets of less than 256 bytes. */
    private static final int SMALL = 4 << 10;

    /** What the last fill has brought: a message, a piece of a stream, or what is neither. */
    private static final byte MESSAGE = 1;

    private static final byte NEITHER = 0;
    private static final byte PIECE = 2;

    private final ConduitChoice choice;
    final Side source;
    final Side sink;

    private State state = State.OPEN;
    /** The conduit of the last fill, and so of what is in flight. */
    Conduit conduit;

    /** Bytes in flight: taken from the source, not yet given to the sink. */
    int pending;

    /** The splice conduit's: where the bytes in flight are. */
    @Nullable
    Pipe pipe;

    /** The copy conduit's: where the bytes in flight are between two turns, and where they begin. */
    @Nullable
    Stash stash;

    int offset;

    /** The copy conduit's: the bytes in flight are still in the source's socket, too. */
    boolean peeked;

    /** Splicing was refused: copies, for good. */
    boolean refused;

    /** The adaptive choice's: bytes a fill brings, on average, and what it made of that. */
    int averageFill;

    boolean promoted;

    /** Of a session's two flows: it must stay small, and a byte costs nothing beside the others. */
    private byte lastFill = NEITHER;

    private long delivered;
    private long spliced;

    /**
     * @param first the conduit of a flow that has carried nothing yet
     */
    Flow(ConduitChoice choice, Conduit first, Side source, Side sink) {
        this.conduit = first;
        this.choice = choice;
        this.source = source;
        this.sink = sink;
    }

    /**
     * One turn: gives what is in flight to the sink, then takes one conduit's fill from the source and gives that. More than
     * one would make the others wait; but behind a small last message the end of the stream is found at once.
     *
     * @param context the loop's
     * @param row where the bytes are counted
     * @param up whether they go to the upstream
     * @return bytes that moved; what broke is in the sides' {@code failure}
     */
    long pump(RelayContext context, ListenerStats.Row row, boolean up) {
        if (isOver() || !sink.writable()) {
            return 0;
        }
        long moved = 0;
        if (pending > 0) {
            moved = drain(context.kernel(), row, up);
        }
        if (canFill()) {
            fill(context);
            moved += drain(context.kernel(), row, up);
            if (isAtEnd() && canFill()) {
                fill(context);
                moved += drain(context.kernel(), row, up);
            }
        }
        if (pending == 0 && (state == State.DRAINING || state == State.DRAINING_BROKEN)) {
            finish(context.kernel());
        }
        return moved;
    }

    /** Whether a further turn would find something to do, as far as is known without an event. */
    boolean canGoOn() {
        return pending > 0 ? sink.writable() : canFill();
    }

    /** Whether a read most likely finds the end of the source's stream, and nothing before it. */
    private boolean isAtEnd() {
        return lastFill == MESSAGE && source.isEnding();
    }

    /** Whether it carries a stream, as far as the last fill tells: a piece of it is large. */
    boolean isStream() {
        return lastFill == PIECE;
    }

    private boolean canFill() {
        return state == State.OPEN && pending == 0 && source.readable() && sink.writable();
    }

    private void fill(RelayContext context) {
        Kernel kernel = context.kernel();
        // Of an end that splice finds, a recv would be asked as well: so it is asked first. Bytes before the end stay
        // in the kernel.
        boolean asksFirst =
                isAtEnd() && conduit.staysInKernel() && !source.isClosed() && kernel.bytesReadable(source.fd) == 0;
        conduit = asksFirst ? context.copy() : choice.next(this);
        long n = conduit.fill(this);
        if (n > 0) {
            pending = (int) n;
            choice.filled(this, pending);
            source.hasRead();
            lastFill = n < SMALL ? MESSAGE : n < STREAM ? NEITHER : PIECE;
            // Cheaper than a read that finds nothing.
            if (n < STREAM && source.readable() && source.isEmpty(kernel)) {
                source.notReadable();
            }
        } else if (n == 0) {
            // A reset that came behind the end (EPIPE, in TCP's CLOSE_WAIT) does not undo it.
            boolean inOrder = source.failure == 0 || source.failure == Errno.EPIPE;
            state = inOrder ? State.DRAINING : State.DRAINING_BROKEN;
        } else if (n == -Errno.EAGAIN) {
            if (conduit.staysInKernel()) {
                source.notReadable();
            } else {
                source.foundEmpty(kernel);
            }
        } else if (n != -Errno.EINTR) {
            source.fail((int) -n);
            state = State.DRAINING_BROKEN;
        }
    }

    private long drain(Kernel kernel, ListenerStats.Row row, boolean up) {
        long moved = 0;
        long inKernel = 0;
        while (pending > 0) {
            sink.beforeWrite(kernel);
            long n = conduit.drain(this);
            if (n > 0) {
                sink.hasWritten();
                pending -= (int) n;
                moved += n;
                inKernel += conduit.staysInKernel() ? n : 0;
            } else if (n == -Errno.EAGAIN) {
                sink.foundFull(moved > 0);
                break;
            } else if (n == -Errno.EINTR) {
                break;
            } else {
                // 0 is no answer to bytes that are there.
                sink.fail(n == 0 ? Errno.EIO : (int) -n);
                abort();
                break;
            }
        }
        conduit.settle(this);
        if (moved > 0) {
            delivered += moved;
            spliced += inKernel;
            count(row, up, moved, inKernel);
        }
        return moved;
    }

    /** A fill has one way: so nearly always, one of the two is nothing. */
    private static void count(ListenerStats.Row row, boolean up, long moved, long inKernel) {
        if (inKernel > 0) {
            row.moved(up, true, inKernel);
        }
        if (moved > inKernel) {
            row.moved(up, false, moved - inKernel);
        }
    }

    /** Even where a close follows at once: it finds a reset that has come and was not told of yet. */
    private void finish(Kernel kernel) {
        if (state == State.DRAINING) {
            int result = kernel.shutdown(sink.fd, Sockets.SHUT_WR);
            if (result < 0) {
                // What shutdown(2) calls a socket that was reset.
                sink.fail(result == -Errno.ENOTCONN ? Errno.ECONNRESET : -result);
            }
        }
        state = State.FINISHED;
    }

    /** Drops what is in flight and moves nothing any more. */
    void abort() {
        if (state != State.FINISHED) {
            state = State.ABORTED;
            pending = 0;
            conduit.discard(this);
        }
    }

    boolean isOver() {
        return state == State.FINISHED || state == State.ABORTED;
    }

    /** Whether all of the source's stream was given to the sink, its end too if there was one. */
    boolean isFinished() {
        return state == State.FINISHED;
    }

    /** Of the bytes given to the sink, those that went through a pipe. */
    long spliced() {
        return spliced;
    }

    /** Bytes given to the sink. */
    long delivered() {
        return delivered;
    }
}
