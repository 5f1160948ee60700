package dev.sluice.cli.file.section;

import dev.sluice.cli.file.Key;
import dev.sluice.cli.file.Section;
import dev.sluice.cli.file.Shape;
import dev.sluice.cli.file.Values;
import dev.sluice.cli.options.Kind;
import dev.sluice.cli.options.Words;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointConfig;

/** An item of {@code endpoints}: an address alone, or a map. */
final class EndpointSection extends Section<EndpointConfig> {
    private final Key<EndpointAddress> address = required(
            "address",
            new Shape.One<>(new Words.OfAddress(false)),
            "Where it listens: host:port, [v6]:port, unix:/path or unix:@name. A host with several addresses is tried at each. It"
                    + " is looked up in /etc/hosts and by DNS, as often as the answer says (1s to 60s) and at once when it cannot be"
                    + " connected to; what does not resolve keeps its last addresses, and is down without any.");

    private final Key<Integer> weight = key(
            "weight",
            new Kind.OfNumber(0, EndpointConfig.MAX_WEIGHT),
            1,
            "Its share of the new sessions, in proportion to the others'; 0: none.");

    private final Key<Integer> maxSessions = key(
            "max-sessions",
            new Kind.OfNumber(0, EndpointConfig.MAX_SESSIONS),
            0,
            "How many sessions each of its addresses has at most; further ones wait for room, connect-deadline at most. 0: any number.");

    private final Key<Boolean> backup =
            key("backup", new Words.OfBoolean(), false, "Gets sessions only when no other endpoint takes any.");

    static Shape<EndpointConfig> shape() {
        EndpointSection section = new EndpointSection();
        return new Shape.Map<>(section, section.address);
    }

    @Override
    protected EndpointConfig build(Values values) {
        return new EndpointConfig(values.get(address), values.get(weight), values.get(maxSessions), values.get(backup));
    }
}
