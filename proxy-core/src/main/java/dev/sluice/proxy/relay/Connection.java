package dev.sluice.proxy.relay;

import dev.sluice.linux.Address;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.LiveSession;
import dev.sluice.proxy.stats.SessionRecord;
import dev.sluice.proxy.stats.SessionSnapshot;
import org.jspecify.annotations.Nullable;

/** A client's connection while it lives, a session or on its way to become one; on its loop's thread. */
public interface Connection {
    /** What is known of it so far. */
    SessionRecord record();

    LiveSession.State state();

    /** Where it is connected to, or tries to; null for nowhere. */
    @Nullable
    Address endpoint();

    /** Bytes given to both sides. */
    long moved();

    /** What is known of it now; the kernel is asked what it has measured. */
    SessionSnapshot snapshot();

    /** Ends it at once, with a reset. */
    void cut(EndCause why);
}
