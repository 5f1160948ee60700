package dev.sluice.cli.names;

import dev.sluice.proxy.config.ResolveSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What resolv.conf(5) says: servers, search list, ndots. Other options are passed over: how long and how often to ask is
 * {@link ResolveSettings}' to say. It is small, and read for each question, so that a change is never missed.
 *
 * @param servers at most three, as the C library takes; the machine's own when none is named
 * @param search what to put behind a name; without the dot at the end
 * @param ndots a name with so many dots is tried as it is first; 0 … 15
 */
record ResolvConf(List<InetSocketAddress> servers, List<String> search, int ndots) {
    private static final int DNS_PORT = 53;
    private static final int MAX_SERVERS = 3;
    private static final int MAX_SEARCH = 32;
    private static final int MAX_NDOTS = 15;
    private static final long MAX_BYTES = 64 << 10;

    /** For servers that were named to us: names are whole. */
    static ResolvConf of(List<InetSocketAddress> servers) {
        return new ResolvConf(servers, List.of(), 1);
    }

    /** What the file says; a file that is not there says nothing. */
    static ResolvConf read(Path path) throws InterruptedException {
        try {
            return Files.size(path) > MAX_BYTES
                    ? parse("")
                    : parse(Files.readString(path, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            SocketFailures.checkInterrupt();
            return parse("");
        }
    }

    static ResolvConf parse(String text) {
        List<InetSocketAddress> servers = new ArrayList<>();
        List<String> search = List.of();
        int ndots = 1;
        for (String line : text.split("\n", -1)) {
            String[] words = line.strip().split("[ \t]+", -1);
            List<String> values = List.of(words).subList(1, words.length);
            switch (words[0]) { // a comment begins with another word
                case "nameserver" -> addServer(values, servers);
                case "search" -> search = domains(values, MAX_SEARCH);
                case "domain" -> search = domains(values, 1);
                case "options" -> ndots = ndots(values, ndots);
                default -> {}
            }
        }
        if (servers.isEmpty()) {
            servers.add(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), DNS_PORT));
        }
        return new ResolvConf(List.copyOf(servers), search, ndots);
    }

    private static void addServer(List<String> values, List<InetSocketAddress> servers) {
        InetAddress address = values.isEmpty() ? null : HostNames.literal(values.getFirst());
        if (address != null && servers.size() < MAX_SERVERS) {
            servers.add(new InetSocketAddress(address, DNS_PORT));
        }
    }

    private static List<String> domains(List<String> values, int most) {
        return values.stream()
                .filter(domain -> HostNames.wrong(domain) == null) // the root, '.', adds nothing either
                .map(HostNames::withoutDot)
                .limit(most)
                .toList();
    }

    private static int ndots(List<String> options, int before) {
        int ndots = before;
        for (String option : options) {
            if (option.matches("ndots:[0-9]{1,4}")) {
                ndots = Math.min(MAX_NDOTS, Integer.parseInt(option.substring("ndots:".length())));
            }
        }
        return ndots;
    }

    /** The whole names that a name may stand for, in the order to try them; each without the dot at its end. */
    List<String> candidates(String name) {
        if (name.endsWith(".")) {
            return List.of(HostNames.withoutDot(name));
        }
        List<String> names = new ArrayList<>();
        for (String domain : search) {
            if (name.length() + 1 + domain.length() <= HostNames.MAX_LENGTH) {
                names.add(name + "." + domain);
            }
        }
        boolean asItIsFirst = name.chars().filter(c -> c == '.').count() >= ndots;
        names.add(asItIsFirst ? 0 : names.size(), name);
        return names;
    }
}
