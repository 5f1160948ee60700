package dev.sluice.cli.names.source;

import dev.sluice.cli.names.DnsResolver;
import dev.sluice.cli.names.LookupException;
import dev.sluice.cli.names.Services;
import dev.sluice.cli.names.file.EndpointFile;
import dev.sluice.cli.names.file.EndpointFileException;
import dev.sluice.cli.names.file.EndpointLine;
import dev.sluice.cli.names.file.FileWatch;
import dev.sluice.linux.Address;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointSource;
import dev.sluice.proxy.config.ResolveSettings;
import dev.sluice.proxy.names.Found;
import dev.sluice.proxy.names.Resolver;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Looks up what the proxy has names for. Nothing of DNS is loaded for literals and paths, and no thread is there without a file. */
public final class SourceResolver implements Resolver, AutoCloseable {
    private final Function<ResolveSettings, DnsResolver> dns;
    private final Consumer<String> unexpected;
    private @Nullable FileWatch files;

    /**
     * @param unexpected is told what should never go wrong, on any thread
     */
    public SourceResolver(Consumer<String> unexpected) {
        this(DnsResolver::new, unexpected);
    }

    SourceResolver(Function<ResolveSettings, DnsResolver> dns, Consumer<String> unexpected) {
        this.dns = dns;
        this.unexpected = unexpected;
    }

    @Override
    public List<Address> resolve(EndpointAddress endpoint) throws UnknownHostException {
        return host(endpoint, ResolveSettings.DEFAULTS).found().getFirst().addresses();
    }

    @Override
    public Answer ask(EndpointSource source, ResolveSettings settings) throws IOException {
        return switch (source) {
            case EndpointAddress address -> host(address, settings);
            case EndpointSource.Service service -> service(service, settings);
            case EndpointSource.ListFile file -> new Answer(lines(file.path()), settings.max());
        };
    }

    private Answer host(EndpointAddress endpoint, ResolveSettings settings) throws UnknownHostException {
        if (!endpoint.isName() || !(endpoint instanceof EndpointAddress.Tcp tcp)) {
            return Answer.of(endpoint, Resolver.system(endpoint), USUAL);
        }
        try {
            dev.sluice.cli.names.Answer answer = dns.apply(settings).hosts(tcp.host());
            LookupException missing = answer.missing();
            List<Address> addresses = answer.addresses().stream()
                    .map(address -> Address.of(address, tcp.port()))
                    .toList();
            Found found = new Found(
                    endpoint,
                    null,
                    null,
                    false,
                    addresses,
                    missing == null ? null : String.valueOf(missing.getMessage()));
            return new Answer(List.of(found), answer.goodFor());
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private Answer service(EndpointSource.Service service, ResolveSettings settings) throws UnknownHostException {
        try {
            Services services = dns.apply(settings).services(service.name());
            List<Found> found = ServiceEndpoints.of(services);
            if (found.isEmpty()) {
                throw new UnknownHostException("no server in its records can be connected to");
            }
            return new Answer(found, services.goodFor());
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private static UnknownHostException interrupted() {
        Thread.currentThread().interrupt();
        return new UnknownHostException("interrupted");
    }

    /** Names among them are asked for on their own. */
    private static List<Found> lines(Path path) throws IOException {
        List<Found> found = new ArrayList<>();
        try {
            for (EndpointLine line : EndpointFile.read(path)) {
                EndpointAddress address = line.address();
                found.add(new Found(
                        address,
                        line.weight(),
                        line.maxSessions(),
                        line.backup(),
                        address.isName() ? List.of() : Resolver.system(address),
                        null));
            }
        } catch (EndpointFileException e) {
            throw new IOException(e.getMessage(), e);
        }
        return found;
    }

    @Override
    public Watch watch(EndpointSource.ListFile file, Runnable changed) {
        FileWatch.Watched watched = files().watch(file.path(), path -> changed.run());
        return watched::close;
    }

    private synchronized FileWatch files() {
        if (files == null) {
            files = new FileWatch(e -> unexpected.accept("files of endpoints: " + e));
        }
        return files;
    }

    /** Watches no file any more. */
    @Override
    public void close() {
        FileWatch watch;
        synchronized (this) {
            watch = files;
        }
        if (watch != null) {
            watch.close();
        }
    }
}
