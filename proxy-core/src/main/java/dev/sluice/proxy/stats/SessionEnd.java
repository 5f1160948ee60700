package dev.sluice.proxy.stats;

import org.jspecify.annotations.Nullable;

/**
 * The end of a session, told once.
 *
 * @param session what is known of it
 * @param cause who ended it, and how
 * @param errno the error behind the cause, 0 when there is none
 * @param refusal why it was turned away at once, null for one that was not
 */
public record SessionEnd(
        SessionSnapshot session,
        EndCause cause,
        int errno,
        @Nullable Refusal refusal) implements SessionReport {}
