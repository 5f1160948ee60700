package dev.sluice.cli.names;

import dev.sluice.cli.text.Units;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How names are looked up.
 *
 * @param servers to ask, one after the other; none: those of /etc/resolv.conf, with its search list. To servers that are given
 *     here, names are whole
 * @param min an answer is used for so long, whatever its TTL; more than 0
 * @param max and no longer than this; at least {@code min}
 * @param timeout of one query to one server; 1 ms … 1 min
 * @param tries how often each server is asked while none answers; 1 … 10
 */
public record ResolveSettings(
        List<InetSocketAddress> servers, Duration min, Duration max, Duration timeout, int tries) {
    private static final int DNS_PORT = 53;
    private static final int MAX_SERVERS = 16;
    private static final int MAX_TRIES = 10;
    private static final Duration MIN_TIMEOUT = Duration.ofMillis(1);
    private static final Duration MAX_TIMEOUT = Duration.ofMinutes(1);
    private static final int LONGEST = 5;

    /** Servers of /etc/resolv.conf, answers for 1 s … 60 s, 2 s and two tries for each server. */
    public static final ResolveSettings DEFAULTS =
            new ResolveSettings(List.of(), Duration.ofSeconds(1), Duration.ofSeconds(60), Duration.ofSeconds(2), 2);

    /** @throws IllegalArgumentException with what is wrong, fit for a person */
    public ResolveSettings {
        servers = List.copyOf(servers);
        if (servers.size() > MAX_SERVERS) {
            throw new IllegalArgumentException(servers.size() + " name servers, at most " + MAX_SERVERS);
        }
        for (InetSocketAddress server : servers) {
            if (server.isUnresolved() || server.getPort() == 0) {
                throw new IllegalArgumentException("a name server is an address and a port, not " + server);
            }
        }
        if (min.isNegative() || min.isZero()) {
            throw new IllegalArgumentException("the shortest time of an answer must be more than 0");
        }
        if (max.compareTo(min) < 0) {
            throw new IllegalArgumentException("the longest time of an answer, " + Units.format(max)
                    + ", is shorter than the shortest, " + Units.format(min));
        }
        if (timeout.compareTo(MIN_TIMEOUT) < 0 || timeout.compareTo(MAX_TIMEOUT) > 0) {
            throw new IllegalArgumentException("the time for a query, " + Units.format(timeout) + ", is not in "
                    + Units.format(MIN_TIMEOUT) + " to " + Units.format(MAX_TIMEOUT));
        }
        if (tries < 1 || tries > MAX_TRIES) {
            throw new IllegalArgumentException(tries + " tries are not in 1 to " + MAX_TRIES);
        }
    }

    /** No call takes longer: five times the timeout, 10 s by default, however many servers, names and tries there are. */
    public Duration longest() {
        return timeout.multipliedBy(LONGEST);
    }

    /**
     * Reads a server's address: {@code 10.0.0.2}, {@code 10.0.0.2:53}, {@code fd00::2}, {@code [fd00::2]:53}. It cannot be a name:
     * who would look that up?
     *
     * @throws IllegalArgumentException with what was wrong and what would be right
     */
    public static InetSocketAddress server(String text) {
        InetAddress alone = HostNames.literal(text);
        if (alone != null) {
            return new InetSocketAddress(alone, DNS_PORT);
        }
        int colon = text.lastIndexOf(':');
        if (colon > 0) {
            String host = text.substring(0, colon);
            boolean bracketed = host.startsWith("[") && host.endsWith("]");
            InetAddress address = HostNames.literal(bracketed ? host.substring(1, host.length() - 1) : host);
            int port = port(text.substring(colon + 1));
            if (address != null && port > 0 && bracketed == host.indexOf(':') >= 0) {
                return new InetSocketAddress(address, port);
            }
        }
        throw new IllegalArgumentException("'" + text
                + "' is not the address of a name server (such as 10.0.0.2, 10.0.0.2:53, fd00::2 or [fd00::2]:53)");
    }

    private static int port(String text) {
        if (!text.matches("[0-9]{1,5}")) {
            return -1;
        }
        int port = Integer.parseInt(text);
        return port <= 0xffff ? port : -1;
    }

    /** A time to live, or none, within the bounds. */
    Duration within(@Nullable Duration ttl) {
        if (ttl == null || ttl.compareTo(min) < 0) {
            return min;
        }
        return ttl.compareTo(max) > 0 ? max : ttl;
    }
}
