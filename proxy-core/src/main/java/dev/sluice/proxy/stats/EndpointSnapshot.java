package dev.sluice.proxy.stats;

import dev.sluice.linux.Address;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an endpoint at some moment.
 *
 * @param upstream the name of its group
 * @param name what it is called: as the configuration, a line of a file, or a record of a service has it; also of a host with
 *     several addresses, each of which is an endpoint, and of a list that is not known
 * @param address where it is; null while it has none, and then it is down
 * @param state up, down or drain
 * @param sessions connections that it has now, those still being made included
 * @param connected connections that were made since it was first configured
 * @param failures attempts to connect that failed or timed out
 * @param earlyResets sessions that it reset in their first second, before it had said anything
 * @param path what the kernel has measured of its connections
 * @param health why it is in this state, and what checks say
 */
public record EndpointSnapshot(
        String upstream,
        String name,
        @Nullable Address address,
        String state,
        long sessions,
        long connected,
        long failures,
        long earlyResets,
        PathSnapshot path,
        HealthSnapshot health) {}
