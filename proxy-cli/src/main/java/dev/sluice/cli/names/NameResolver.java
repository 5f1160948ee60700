package dev.sluice.cli.names;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.names.Resolver;
import java.net.UnknownHostException;
import java.util.List;

/** Looks up what the proxy has names for. Nothing of DNS is loaded for literals and paths. */
public final class NameResolver implements Resolver {
    private final DnsResolver dns;

    public NameResolver(DnsResolver dns) {
        this.dns = dns;
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
            List<Address> addresses = found.addresses().stream()
                    .map(address -> Address.of(address, tcp.port()))
                    .toList();
            return new Answer(addresses, found.goodFor());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnknownHostException("interrupted");
        }
    }
}
