package dev.sluice.proxy.relay;

import dev.sluice.linux.Errno;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.relay.StashPool.Stash;
import dev.sluice.proxy.stats.LoopStats.Counter;
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
 * <p>A broken source drains too, but ends without a FIN: what became of its stream is the session's to tell.
 */
final class Flow {
    private enum State {
        OPEN,
        DRAINING,
        FINISHED,
        ABORTED
    }

    private final RelayContext context;
    private final Conduit preferred;
    final Peer source;
    final Peer sink;
    private final Counter counter;

    private State state = State.OPEN;
    private Conduit conduit;

    /** Bytes in flight: taken from the source, not yet given to the sink. */
    int pending;

    /** The splice conduit's: where the bytes in flight are. */
    @Nullable
    Pipe pipe;

    /** The copy conduit's: where the bytes in flight are between two turns, and where they begin. */
    @Nullable
    Stash stash;

    int offset;

    private long delivered;

    Flow(RelayContext context, Conduit preferred, Peer source, Peer sink, Counter counter) {
        this.context = context;
        this.preferred = preferred;
        this.conduit = preferred;
        this.source = source;
        this.sink = sink;
        this.counter = counter;
    }

    /**
     * One turn: gives what is in flight to the sink, then takes one conduit's fill from the source and gives that. More than
     * one would make the others wait.
     *
     * @return bytes that moved; what broke is in the peers' {@code failure}
     */
    long pump() {
        if (isOver() || !sink.writable()) {
            return 0;
        }
        long moved = 0;
        if (pending > 0) {
            moved = drain();
        }
        if (canFill()) {
            conduit = preferred.ready(this) ? preferred : context.fallback();
            moved += fill();
            moved += drain();
        }
        if (state == State.DRAINING && pending == 0) {
            finish();
        }
        return moved;
    }

    /** Whether a further turn would find something to do, as far as is known without an event. */
    boolean canGoOn() {
        return pending > 0 ? sink.writable() : canFill();
    }

    private boolean canFill() {
        return state == State.OPEN && pending == 0 && source.readable() && sink.writable();
    }

    private long fill() {
        long n = conduit.fill(this);
        if (n > 0) {
            pending = (int) n;
            return n;
        }
        if (n == 0) {
            state = State.DRAINING;
        } else if (n == -Errno.EAGAIN) {
            source.notReadable();
        } else if (n != -Errno.EINTR) {
            fail(source, (int) -n);
            state = State.DRAINING;
        }
        return 0;
    }

    private long drain() {
        long moved = 0;
        while (pending > 0) {
            long n = conduit.drain(this);
            if (n > 0) {
                pending -= (int) n;
                moved += n;
            } else if (n == -Errno.EAGAIN) {
                sink.notWritable();
                break;
            } else if (n == -Errno.EINTR) {
                break;
            } else {
                // Nought is no answer to bytes that are there.
                fail(sink, n == 0 ? Errno.EIO : (int) -n);
                abort();
                break;
            }
        }
        conduit.settle(this);
        delivered += moved;
        context.stats().add(counter, moved);
        return moved;
    }

    private void finish() {
        if (source.failure == 0) {
            int result = context.kernel().shutdown(sink.fd, Sockets.SHUT_WR);
            if (result < 0) {
                fail(sink, -result);
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

    private static void fail(Peer peer, int errno) {
        if (peer.failure == 0) {
            peer.failure = errno;
        }
    }

    boolean isOver() {
        return state == State.FINISHED || state == State.ABORTED;
    }

    /** Whether all of the source's stream was given to the sink, its end too unless the source broke. */
    boolean isFinished() {
        return state == State.FINISHED;
    }

    /** Bytes given to the sink. */
    long delivered() {
        return delivered;
    }
}
