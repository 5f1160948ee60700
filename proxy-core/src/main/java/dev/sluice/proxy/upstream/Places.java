package dev.sluice.proxy.upstream;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * The sessions that an endpoint may have, over all loops. This is what several loops write, once for each session, and only where there is
 * a limit.
 *
 * <p>When a limit is set while there are sessions, these have claimed nothing, but are looked at as long as there may be some of them.
 */
final class Places {
    private static final VarHandle LIMIT;
    private static final VarHandle OLDER;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            LIMIT = lookup.findVarHandle(Places.class, "limit", int.class);
            OLDER = lookup.findVarHandle(Places.class, "older", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final AtomicInteger claimed = new AtomicInteger();
    private final LongSupplier sessions;

    @SuppressWarnings("FieldMayBeFinal") // written through LIMIT
    private int limit;

    @SuppressWarnings("FieldMayBeFinal") // written through OLDER
    private boolean older;

    /**
     * Without a limit.
     *
     * @param sessions all that there are, claimed or not
     */
    Places(LongSupplier sessions) {
        this.sessions = sessions;
    }

    /** On control's thread only; 0 = none. */
    void limit(int most) {
        if (limit() == 0 && most > 0 && sessions.getAsLong() > claimed.get()) {
            OLDER.setOpaque(this, true);
        }
        LIMIT.setOpaque(this, most);
    }

    int limit() {
        return (int) LIMIT.getOpaque(this);
    }

    /** Whether there may be sessions from before there was a limit. */
    boolean hasOlder() {
        return (boolean) OLDER.getOpaque(this);
    }

    boolean hasRoom() {
        int most = limit();
        return most == 0 || (claimed.get() < most && fits(most));
    }

    /** Whether those that claimed nothing leave room. */
    private boolean fits(int most) {
        if (!hasOlder()) {
            return true;
        }
        long all = sessions.getAsLong();
        if (all <= claimed.get()) {
            OLDER.setOpaque(this, false);
        }
        return all < most;
    }

    /** Takes a place: whoever gets one gives it back. */
    boolean claim() {
        while (true) {
            int most = limit();
            int now = claimed.get();
            if (most > 0 && (now >= most || !fits(most))) {
                return false;
            }
            if (claimed.compareAndSet(now, now + 1)) {
                return true;
            }
        }
    }

    void giveBack() {
        claimed.decrementAndGet();
    }
}
