package dev.sluice.cli.names;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.proxy.config.ResolveSettings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** Resolvers of tests, which are less patient than others. */
final class Resolvers {
    static final Duration TIMEOUT = Duration.ofMillis(250);
    static final Duration MIN = Duration.ofSeconds(1);
    static final Duration MAX = Duration.ofSeconds(60);

    private static final Path NO_FILE = Path.of("/nowhere/hosts");

    private Resolvers() {}

    static ResolveSettings settings(Duration timeout, InetSocketAddress... servers) {
        return new ResolveSettings(List.of(servers), MIN, MAX, timeout, 2);
    }

    static DnsResolver of(ScriptedDns... servers) {
        return of(TIMEOUT, servers);
    }

    static DnsResolver of(Duration timeout, ScriptedDns... servers) {
        return new DnsResolver(settings(timeout, addresses(servers)), NO_FILE, NO_FILE, order());
    }

    private static InetSocketAddress[] addresses(ScriptedDns... servers) {
        return Arrays.stream(servers).map(ScriptedDns::address).toArray(InetSocketAddress[]::new);
    }

    /** By the table of RFC 6724 alone, whatever the routes of this machine are. */
    static AddressOrder order() {
        return new AddressOrder(destination -> null);
    }

    static List<String> hosts(DnsResolver resolver, String name) throws Exception {
        return texts(resolver.hosts(name).addresses());
    }

    static List<String> texts(List<InetAddress> addresses) {
        return addresses.stream().map(InetAddress::getHostAddress).toList();
    }

    /** The failure that it must be. */
    static LookupException fails(LookupException.Reason reason, DnsResolver resolver, String name) {
        LookupException failure = assertThrows(LookupException.class, () -> resolver.hosts(name));
        assertEquals(reason, failure.reason(), failure.getMessage());
        return failure;
    }
}
