package dev.sluice.proxy.stats;

/**
 * The end of a session, told once.
 *
 * @param session what is known of it
 * @param cause why
 * @param errno the error behind the cause, 0 when there is none
 */
public record SessionEnd(SessionSnapshot session, EndCause cause, int errno) {}
