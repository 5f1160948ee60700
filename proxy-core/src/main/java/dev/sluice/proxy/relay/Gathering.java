package dev.sluice.proxy.relay;

import dev.sluice.linux.Sockets;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.stats.Counter;
import org.jspecify.annotations.Nullable;

/**
 * Lets a stream that runs one way gather in the receive buffer of its source, so that the loop is woken for a few large pieces
 * instead of many small ones: SO_RCVLOWAT (socket(7)) and a timer, as a network card coalesces interrupts. That saves
 * wake-ups, system calls and acknowledgements, on this side and on both others.
 *
 * <p>The price is that the last bytes before a pause wait for the timer, so a stream has to earn it: by {@link #PROOF} bytes
 * without one the other way, and by so many in two delays that a wake-up for each delay is worth it. A request and its
 * response are never that, however large; the first byte the other way ends it, and so does a delay that brought little.
 *
 * <p>The kernel does not wait for the mark when the window closes, when memory is short, at urgent data and at the end of the
 * stream (tcp_data_ready, tcp_poll in net/ipv4/tcp.c), so this class need not think of them.
 */
final class Gathering extends Timer {
    /** A session that has moved less than this has no object of this class. */
    static final long WORTH = 1 << 20;

    private static final long PROOF = 8 << 20;
    /** Bytes that wake the loop. */
    private static final int MARK = 1 << 20;
    /** A delay that brings less is not worth it: without one, the reads would be no smaller. */
    private static final int LEAST = 256 << 10;

    private enum State {
        /** Looks whether the stream earns it. */
        WATCHING,
        /** The mark is set, and the timer runs. */
        GATHERING,
        /** The socket refuses a mark: it is not asked again. */
        REFUSED
    }

    private final RelayContext context;
    private final Session session;
    private final Transfer transfer;
    private final long delay;
    private State state = State.WATCHING;
    /** The flow that last moved alone, null when both have. */
    private @Nullable Flow runner;

    private long last;
    /** Bytes of the runner since the other flow moved. */
    private long run;
    /** How many they were at the beginning of what is now looked at, and when that was. */
    private long before;

    private long began;

    /**
     * @param delay nanoseconds, > 0
     */
    Gathering(RelayContext context, Session session, Transfer transfer, long delay) {
        this.context = context;
        this.session = session;
        this.transfer = transfer;
        this.delay = delay;
    }

    /** Bytes were given to the sinks of these flows, to one of them at least. */
    void moved(Flow up, long upBytes, Flow down, long downBytes, long now) {
        Flow mover = downBytes == 0 ? up : upBytes == 0 ? down : null;
        if (mover != runner) {
            stop();
            runner = mover;
            run = 0;
            lookFrom(now);
        }
        last = now;
        run += upBytes + downBytes;
        if (state == State.WATCHING && mover != null && run - before >= 2 * LEAST) {
            if (now - began <= 2 * delay && run >= PROOF && !mover.source.isUnix()) {
                start(mover);
            } else {
                lookFrom(now);
            }
        }
    }

    private void lookFrom(long now) {
        before = run;
        began = now;
    }

    private void start(Flow flow) {
        if (mark(flow, MARK)) {
            state = State.GATHERING;
            context.stats().increment(Counter.COALESCED);
            context.loop().schedule(this, last + delay);
        } else {
            state = State.REFUSED;
        }
    }

    @Override
    protected void onTimer(long now) {
        try {
            look(now);
        } catch (RuntimeException | OutOfMemoryError e) {
            // The loop would blame the timer, and the session would go on with its mark, which nobody would lower.
            context.loop().failed(session, e);
        }
    }

    private void look(long now) {
        Flow flow = runner;
        if (now - last < delay) {
            context.loop().schedule(this, last + delay);
        } else if (session.isQueued()) {
            // It is the loop that is slow, not the stream.
            context.loop().schedule(this, now + delay);
        } else if (flow == null || run - before < LEAST) {
            stop();
            lookFrom(now);
        } else {
            lookFrom(now);
            transfer.lookAt(flow);
            context.loop().schedule(this, now + delay);
        }
    }

    private void stop() {
        if (state == State.GATHERING && runner != null) {
            mark(runner, 1);
            state = State.WATCHING;
            context.loop().cancel(this);
            // Whatever has gathered: before Linux 4.18 nothing tells of it when the mark falls.
            transfer.lookAt(runner);
        }
    }

    private boolean mark(Flow flow, int bytes) {
        return context.kernel().setsockopt(flow.source.fd, Sockets.SOL_SOCKET, Sockets.SO_RCVLOWAT, bytes) == 0;
    }
}
