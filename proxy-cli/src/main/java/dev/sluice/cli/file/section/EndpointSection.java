package dev.sluice.cli.file.section;

import dev.sluice.cli.file.Key;
import dev.sluice.cli.file.Section;
import dev.sluice.cli.file.Shape;
import dev.sluice.cli.file.Values;
import dev.sluice.cli.options.Words;
import dev.sluice.proxy.config.EndpointAddress;

/** An item of {@code endpoints}: an address alone, or a map. */
final class EndpointSection extends Section<EndpointAddress> {
    private final Key<EndpointAddress> address = required(
            "address",
            new Shape.One<>(new Words.OfAddress(false)),
            "Where it listens: host:port, [v6]:port, unix:/path or unix:@name. A host with several addresses is tried at each.");

    static Shape<EndpointAddress> shape() {
        EndpointSection section = new EndpointSection();
        return new Shape.Map<>(section, section.address);
    }

    @Override
    protected EndpointAddress build(Values values) {
        return values.get(address);
    }
}
