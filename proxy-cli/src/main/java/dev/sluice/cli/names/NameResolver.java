package dev.sluice.cli.names;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.names.Resolver;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Looks up what the proxy has names for. Nothing of DNS is loaded for literals and paths. */
public final class NameResolver implements Resolver {
    private final DnsResolver dns;
    /** As many as there are names in the configuration. */
    private final Map<String, List<InetAddress>> lastWhole = new ConcurrentHashMap<>();

    public NameResolver(DnsResolver dns) {
        this.dns = dns;
    }

    /** Where one family was not told, its addresses from before are still true. */
    private List<InetAddress> whole(String host, dev.sluice.cli.names.Answer found) {
        if (found.missing() == null) {
            lastWhole.put(host, found.addresses());
            return found.addresses();
        }
        List<InetAddress> joined = new ArrayList<>(found.addresses());
        for (InetAddress before : lastWhole.getOrDefault(host, List.of())) {
            boolean told = found.addresses().stream().anyMatch(now -> now.getClass() == before.getClass());
            if (!told) {
                joined.add(before);
            }
        }
        return joined;
    }

    @Override
    public List<Address> resolve(EndpointAddress endpoint) throws UnknownHostException {
        return ask(endpoint).addresses();
    }

    @Override
    public Answer ask(EndpointAddress endpoint) throws UnknownHostException {
        if (!endpoint.isName() || !(endpoint instanceof EndpointAddress.Tcp tcp)) {
            return new Answer(Resolver.system(endpoint), USUAL);
        }
        try {
            dev.sluice.cli.names.Answer found = dns.hosts(tcp.host());
            List<Address> addresses = whole(tcp.host(), found).stream()
                    .map(address -> Address.of(address, tcp.port()))
                    .toList();
            return new Answer(addresses, found.goodFor());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnknownHostException("interrupted");
        }
    }
}
