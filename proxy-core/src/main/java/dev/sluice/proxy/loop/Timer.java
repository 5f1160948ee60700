package dev.sluice.proxy.loop;

import org.jspecify.annotations.Nullable;

/**
 * Something with one deadline, linked into its loop's {@link TimerWheel}. To be extended rather than held, so that a session
 * and its timer are one object.
 */
public abstract class Timer {
    /** Not in the wheel. */
    static final int IDLE = -1;

    @Nullable
    Timer previous;

    @Nullable
    Timer next;

    long deadlineTick;
    int position = IDLE;

    /**
     * The deadline has passed; the timer is out of the wheel and may be scheduled again.
     *
     * @param now the loop's clock, nanoseconds
     */
    protected abstract void onTimer(long now);

    /** What must end when {@link #onTimer} throws, which is a bug; a {@link Handler} is told by {@link Handler#onFault}. */
    protected Object faulty() {
        return this;
    }
}
