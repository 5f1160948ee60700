package dev.sluice.cli.names;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Addresses of what needs no server: literals, names in /etc/hosts, and localhost, whatever the file says. */
final class LocalNames {
    /** How long they are good: the file has no TTL, and to look into it costs nothing. */
    static final Duration GOOD_FOR = Duration.ofSeconds(10);

    private static final List<InetAddress> LOOPBACK =
            List.of(InetAddress.ofLiteral("127.0.0.1"), InetAddress.ofLiteral("::1"));

    private final HostsFile file;

    LocalNames(HostsFile file) {
        this.file = file;
    }

    /** At least one address, or null when a server must be asked. */
    @Nullable
    List<InetAddress> addresses(String host) throws InterruptedException {
        InetAddress literal = HostNames.literal(host);
        if (literal != null) {
            return List.of(literal);
        }
        List<InetAddress> listed = file.addresses(host);
        if (!listed.isEmpty()) {
            return listed;
        }
        return HostNames.isLocalhost(host) ? LOOPBACK : null;
    }
}
