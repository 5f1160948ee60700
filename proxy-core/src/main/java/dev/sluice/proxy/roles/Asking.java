package dev.sluice.proxy.roles;

import dev.sluice.linux.Address;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import org.jspecify.annotations.Nullable;

/** One time of asking a server: how to connect to it, until when, and what is cut when that is over. From any thread. */
public final class Asking {
    /** What a connection begins with. */
    public interface Preface {
        /** Nothing. */
        Preface NONE = (own, other) -> new byte[0];

        /**
         * The bytes, for a connection of these ends.
         *
         * @param own address of the connection's own end
         * @param other address of the other one
         */
        byte[] of(Address own, Address other);
    }

    private final @Nullable Address source;
    private final Preface preface;
    private final long deadline;
    private @Nullable Closeable connection;
    private boolean cancelled;

    /**
     * @param source where to connect from, port 0; null = what the kernel chooses
     * @param deadline when it is cancelled, by {@link System#nanoTime}
     */
    public Asking(@Nullable Address source, Preface preface, long deadline) {
        this.source = source;
        this.preface = preface;
        this.deadline = deadline;
    }

    /** Where to connect from, port 0; null = what the kernel chooses. */
    public @Nullable Address source() {
        return source;
    }

    /** What a new connection begins with. */
    public Preface preface() {
        return preface;
    }

    /** Milliseconds until it is cancelled, at least 1. */
    public int millisLeft() {
        return Math.clamp((deadline - System.nanoTime()) / 1_000_000, 1, Integer.MAX_VALUE);
    }

    /**
     * From here on this is the connection that is cut.
     *
     * @throws IOException when it is cancelled already; then it has been closed
     */
    public void uses(Closeable next) throws IOException {
        synchronized (this) {
            if (!cancelled) {
                connection = next;
                return;
            }
        }
        next.close();
        throw new InterruptedIOException("no time left");
    }

    /** Cuts it: whatever waits for the server ends. Does not block. */
    public void cancel() {
        Closeable cut;
        synchronized (this) {
            cancelled = true;
            cut = connection;
            connection = null;
        }
        if (cut != null) {
            try {
                cut.close();
            } catch (IOException e) {
                // It is closed all the same.
            }
        }
    }

    /** Whether nobody waits for the answer any more. */
    public synchronized boolean isCancelled() {
        return cancelled;
    }
}
