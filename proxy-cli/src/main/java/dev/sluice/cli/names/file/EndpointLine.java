package dev.sluice.cli.names.file;

import dev.sluice.proxy.config.EndpointAddress;

/**
 * One endpoint of a file.
 *
 * @param line where it stands, from 1
 * @param address with a port other than 0
 * @param weight its share of the sessions; 1 … {@value #MAX_WEIGHT}
 * @param backup whether it is for when no other one is up
 * @param maxSessions at the same time, up to {@value #MOST_SESSIONS}; 0: no limit
 */
public record EndpointLine(int line, EndpointAddress address, int weight, boolean backup, int maxSessions) {
    /** Of one endpoint. */
    public static final int MAX_WEIGHT = 1000;

    /** What {@code max-sessions} can be. */
    public static final int MOST_SESSIONS = 999_999_999;
}
