package dev.sluice.cli.file.section;

import dev.sluice.cli.file.Key;
import dev.sluice.cli.file.Section;
import dev.sluice.cli.file.Shape;
import dev.sluice.cli.file.Values;
import dev.sluice.cli.options.Words;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.UpstreamConfig;
import java.util.List;

/** An item of {@code upstreams}. */
final class UpstreamSection extends Section<UpstreamConfig> {
    private final Key<String> name = required(
            "name",
            new Shape.Definition("upstream", new Words.OfName()),
            "What listeners refer to, and what logs and metrics call it.");

    private final Key<List<EndpointAddress>> endpoints = required(
            "endpoints",
            new Shape.Many<>(EndpointSection.shape(), 1, false),
            "Its servers. New sessions go round them; one that does not answer is passed over.");

    private final Key<TcpSettings> tcp =
            map("tcp", new TcpSection(), "The TCP sockets that are connected to its servers.");

    @Override
    protected UpstreamConfig build(Values values) {
        return new UpstreamConfig(values.get(name), values.get(endpoints), values.get(tcp));
    }
}
