package dev.sluice.proxy.upstream;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What of an upstream outlives its configurations: whether it is paused, how many connections it holds, and its newest configuration, by
 * which those that are held try again.
 *
 * <p>Control alone pauses and renews; loops read, and count who is held.
 */
public final class UpstreamState {
    private final AtomicInteger held = new AtomicInteger();
    private final AtomicBoolean waking = new AtomicBoolean();
    private volatile boolean paused;
    private volatile @Nullable Upstream current;

    /** On control's thread: its new connections are held from now on, or not any more. Who is held must be woken then. */
    public void pause(boolean on) {
        paused = on;
    }

    /** From any thread. */
    public boolean isPaused() {
        return paused;
    }

    /** On control's thread: the configuration that it goes by now. */
    public void renew(Upstream upstream) {
        current = upstream;
    }

    /** Whether an endpoint of its newest configuration takes connections, if there is room; from any thread. */
    public boolean isUp() {
        Upstream newest = current;
        return newest != null && newest.isUp();
    }

    /** How long its newest configuration holds a connection while nobody takes it, 0: not at all; from any thread. */
    public Duration hold() {
        Upstream newest = current;
        return newest == null ? Duration.ZERO : newest.whenDown().hold();
    }

    /** The newest configuration; this one, when it has had no other. */
    Upstream newest(Upstream otherwise) {
        Upstream newest = current;
        return newest == null ? otherwise : newest;
    }

    /**
     * Somebody is about to wake those who are held; from any thread.
     *
     * @return false when somebody else is already
     */
    public boolean startWake() {
        return !waking.getAndSet(true);
    }

    /** From now on, who has a reason to wake them does so anew. */
    public void endWake() {
        waking.set(false);
    }

    /** Connections that are held now, on all loops; from any thread. */
    public int held() {
        return held.get();
    }

    /**
     * One more is held.
     *
     * @return false when so many are held already; then nothing has changed
     */
    boolean claim(int max) {
        if (held.incrementAndGet() <= max) {
            return true;
        }
        held.decrementAndGet();
        return false;
    }

    /** One that was held is not any more. */
    void release() {
        held.decrementAndGet();
    }
}
