package dev.sluice.proxy.config;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the names of an upstream are looked up.
 *
 * @param servers to ask, one after the other; none: those of /etc/resolv.conf, with its search list. To servers that are given
 *     here, names are whole
 * @param min an answer is used for so long, whatever its TTL; 1 s … 1 h
 * @param max and no longer than this; {@code min} … 1 day
 * @param timeout of one query to one server; 1 ms … 1 min
 * @param tries how often each server is asked while none answers; 1 … 10
 */
public record ResolveSettings(
        List<InetSocketAddress> servers, Duration min, Duration max, Duration timeout, int tries) {
    public static final int MAX_SERVERS = 16;
    public static final Duration LEAST = Duration.ofSeconds(1);
    public static final Duration MOST_MIN = Duration.ofHours(1);
    public static final Duration MOST = Duration.ofDays(1);
    public static final Duration LEAST_TIMEOUT = Duration.ofMillis(1);
    public static final Duration MOST_TIMEOUT = Duration.ofMinutes(1);

    private static final int DNS_PORT = 53;
    private static final int MAX_TRIES = 10;
    private static final int LONGEST = 5;

    /** Servers of /etc/resolv.conf, answers for 1 s … 60 s, 2 s and two tries for each server. */
    public static final ResolveSettings DEFAULTS =
            new ResolveSettings(List.of(), Duration.ofSeconds(1), Duration.ofSeconds(60), Duration.ofSeconds(2), 2);

    /** @throws IllegalArgumentException with what is wrong, fit for a person */
    public ResolveSettings {
        servers = List.copyOf(servers);
        Checks.range("servers", servers.size(), 0, MAX_SERVERS);
        for (InetSocketAddress server : servers) {
            if (server.isUnresolved() || server.getPort() == 0) {
                throw new IllegalArgumentException("a name server is an address and a port, not " + server);
            }
        }
        Checks.duration("min", min, LEAST, MOST_MIN);
        Checks.duration("max", max, min, MOST);
        Checks.duration("timeout", timeout, LEAST_TIMEOUT, MOST_TIMEOUT);
        Checks.range("tries", tries, 1, MAX_TRIES);
    }

    /** With two tries for each server. */
    public ResolveSettings(List<InetSocketAddress> servers, Duration min, Duration max, Duration timeout) {
        this(servers, min, max, timeout, DEFAULTS.tries);
    }

    /** No call takes longer: five times the timeout, 10 s by default, however many servers, names and tries there are. */
    public Duration longest() {
        return timeout.multipliedBy(LONGEST);
    }

    /** A time to live, or none, within the bounds. */
    public Duration within(@Nullable Duration ttl) {
        if (ttl == null || ttl.compareTo(min) < 0) {
            return min;
        }
        return ttl.compareTo(max) > 0 ? max : ttl;
    }

    /**
     * Reads a server's address: {@code 10.0.0.2}, {@code 10.0.0.2:53}, {@code fd00::2}, {@code [fd00::2]:53}. It cannot be a name:
     * who would look that up?
     *
     * @throws IllegalArgumentException with what was wrong and what would be right
     */
    public static InetSocketAddress server(String text) {
        InetAddress alone = literal(text, true);
        if (alone != null) {
            return new InetSocketAddress(alone, DNS_PORT);
        }
        int colon = text.lastIndexOf(':');
        if (colon > 0) {
            String host = text.substring(0, colon);
            boolean bracketed = host.startsWith("[") && host.endsWith("]");
            InetAddress address = literal(bracketed ? host.substring(1, host.length() - 1) : host, bracketed);
            int port = port(text.substring(colon + 1));
            if (address != null && port > 0 && bracketed == host.indexOf(':') >= 0) {
                return new InetSocketAddress(address, port);
            }
        }
        throw new IllegalArgumentException("'" + text
                + "' is not the address of a name server (such as 10.0.0.2, 10.0.0.2:53, fd00::2 or [fd00::2]:53)");
    }

    /** An address as {@link #server} reads it, with its port. */
    public static String text(InetSocketAddress server) {
        String host = server.getAddress().getHostAddress();
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + server.getPort();
    }

    private static @Nullable InetAddress literal(String text, boolean six) {
        if (text.indexOf(':') >= 0 ? !six || text.startsWith("[") : !EndpointAddress.isIpv4(text)) {
            return null;
        }
        try {
            return InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException e) {
            return null; // no IPv6 address, or no interface of that name
        }
    }

    private static int port(String text) {
        return text.matches("[0-9]{1,5}") && Integer.parseInt(text) <= 0xffff ? Integer.parseInt(text) : -1;
    }
}
