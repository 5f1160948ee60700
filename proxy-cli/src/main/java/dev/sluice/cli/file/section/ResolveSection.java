package dev.sluice.cli.file.section;

import dev.sluice.cli.file.Key;
import dev.sluice.cli.file.Section;
import dev.sluice.cli.file.Shape;
import dev.sluice.cli.file.Values;
import dev.sluice.cli.options.Dns;
import dev.sluice.cli.options.Kind;
import dev.sluice.proxy.config.ResolveSettings;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/** {@code resolve}: how names are looked up. */
final class ResolveSection extends Section<ResolveSettings> {
    private final Key<List<InetSocketAddress>> servers = optional(
            "servers",
            new Shape.Many<>(new Shape.One<>(new Dns.OfServer()), 1, true),
            "those of /etc/resolv.conf",
            "Name servers, asked one after the other; to these, names are whole, without a search list. Port 53 where none is"
                    + " given.");

    private final Key<Duration> min = key(
            "min",
            new Kind.OfDuration(ResolveSettings.LEAST, ResolveSettings.MOST_MIN),
            ResolveSettings.DEFAULTS.min(),
            "An answer is used for so long, whatever its TTL, unless an endpoint cannot be connected to.");

    private final Key<Duration> max = key(
            "max",
            new Kind.OfDuration(ResolveSettings.LEAST, ResolveSettings.MOST),
            ResolveSettings.DEFAULTS.max(),
            "And no longer than this. What has no answer is asked for again after 1s, then less and less often, at last after this, or"
                    + " 1m if that is less.");

    private final Key<Duration> timeout = key(
            "timeout",
            new Kind.OfDuration(ResolveSettings.LEAST_TIMEOUT, ResolveSettings.MOST_TIMEOUT),
            ResolveSettings.DEFAULTS.timeout(),
            "How long a server has for an answer; those that were silent are asked once more.");

    @Override
    protected ResolveSettings build(Values values) {
        Duration least = values.get(min);
        if (values.get(max).compareTo(least) < 0) {
            throw values.wrong(max, "is shorter than min; expected at least as long");
        }
        List<InetSocketAddress> asked = values.find(servers);
        if (asked != null && asked.size() > ResolveSettings.MAX_SERVERS) {
            throw values.wrong(
                    servers, "has " + asked.size() + " items; expected " + ResolveSettings.MAX_SERVERS + " at most");
        }
        return new ResolveSettings(asked == null ? List.of() : asked, least, values.get(max), values.get(timeout));
    }
}
