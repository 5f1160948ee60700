package dev.sluice.cli.file.section;

import dev.sluice.cli.file.Key;
import dev.sluice.cli.file.Section;
import dev.sluice.cli.file.Shape;
import dev.sluice.cli.file.Values;
import dev.sluice.cli.options.Dns;
import dev.sluice.cli.options.Kind;
import dev.sluice.cli.options.Words;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointConfig;
import dev.sluice.proxy.config.EndpointSource;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An item of {@code endpoints}: an address alone, or a map. */
final class EndpointSection extends Section<EndpointConfig> {
    private final Key<EndpointAddress> address = optional(
            "address",
            new Shape.One<>(new Words.OfAddress(false)),
            null,
            "Where it listens: host:port, [v6]:port, unix:/path or unix:@name. A host with several addresses is tried at each. It"
                    + " is looked up in /etc/hosts and by DNS, as often as the answer says (resolve: min to max) and at once when it"
                    + " cannot be connected to; what does not resolve keeps its last addresses, and is down without any.");

    private final Key<EndpointSource.Service> srv = optional(
            "srv",
            new Shape.One<>(new Dns.OfService()),
            null,
            "Instead of an address: the servers that the SRV records of this name say (RFC 2782), looked up as hosts are. Those of"
                    + " the lowest priority are used, the others are backups; weights are as in the records (the largest of a priority"
                    + " counts 256 if it is more), those that are all 0 are as here. A service that does not resolve keeps its last"
                    + " servers.");

    private final Key<Path> file = optional(
            "file",
            new Shape.One<>(new Words.OfPath()),
            null,
            "Instead of an address: the endpoints in this file, one on each line: an address, and behind it weight=N,"
                    + " max-sessions=N or backup where that is not as here; from a '#' on it is a comment. The file is watched; while"
                    + " it is missing or something is wrong in it, its last endpoints stay.");

    private final Key<Integer> weight = key(
            "weight",
            new Kind.OfNumber(0, EndpointConfig.MAX_WEIGHT),
            1,
            "Its share of the new sessions, in proportion to the others'; 0: none. With srv or file, this, max-sessions and backup are"
                    + " for each endpoint of which the list says nothing else.");

    private final Key<Integer> maxSessions = key(
            "max-sessions",
            new Kind.OfNumber(0, EndpointConfig.MAX_SESSIONS),
            0,
            "How many sessions each of its addresses has at most; further ones wait for room, connect-deadline at most. 0: any number.");

    private final Key<Boolean> backup =
            key("backup", new Words.OfBoolean(), false, "Gets sessions only when no other endpoint takes any.");

    private EndpointSection() {
        oneOf(address, srv, file);
    }

    static Shape<EndpointConfig> shape() {
        EndpointSection section = new EndpointSection();
        return new Shape.Map<>(section, section.address);
    }

    @Override
    protected EndpointConfig build(Values values) {
        return new EndpointConfig(source(values), values.get(weight), values.get(maxSessions), values.get(backup));
    }

    private EndpointSource source(Values values) {
        @Nullable Path path = values.find(file);
        if (path != null) {
            return new EndpointSource.ListFile(path);
        }
        @Nullable EndpointSource service = values.find(srv);
        return service == null ? Objects.requireNonNull(values.find(address)) : service;
    }
}
