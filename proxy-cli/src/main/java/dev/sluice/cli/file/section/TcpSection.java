package dev.sluice.cli.file.section;

import dev.sluice.cli.file.Key;
import dev.sluice.cli.file.Section;
import dev.sluice.cli.file.Values;
import dev.sluice.cli.options.Kind;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.TcpSettings.Keepalive;
import java.time.Duration;

/** {@code tcp} of a listener or an upstream. */
final class TcpSection extends Section<TcpSettings> {
    private final Key<Keepalive> keepalive = map(
            "keepalive",
            new KeepaliveSection(),
            "Probes of a silent connection, which find out a peer that has vanished.");

    private final Key<Duration> userTimeout = key(
            "user-timeout",
            new Kind.OfDuration(TcpSettings.MIN_USER_TIMEOUT, TcpSettings.MAX_USER_TIMEOUT).orZero(),
            TcpSettings.DEFAULTS.userTimeout(),
            "How long sent bytes may stay unacknowledged before the connection is given up (TCP_USER_TIMEOUT); 0: as long as"
                    + " the kernel tries, some fifteen minutes.");

    @Override
    protected TcpSettings build(Values values) {
        return new TcpSettings(values.get(keepalive), values.get(userTimeout));
    }

    /** {@code keepalive}. */
    private static final class KeepaliveSection extends Section<Keepalive> {
        private final Key<Duration> idle = key(
                "idle",
                new Kind.OfDuration(Keepalive.MIN, Keepalive.MAX).orZero().inSeconds(),
                Keepalive.DEFAULTS.idle(),
                "Silence before the first probe; 0: no probes.");

        private final Key<Duration> interval = key(
                "interval",
                new Kind.OfDuration(Keepalive.MIN, Keepalive.MAX).inSeconds(),
                Keepalive.DEFAULTS.interval(),
                "Time between probes.");

        private final Key<Integer> count = key(
                "count",
                new Kind.OfNumber(1, Keepalive.MAX_COUNT),
                Keepalive.DEFAULTS.count(),
                "Probes without an answer after which the peer is gone.");

        @Override
        protected Keepalive build(Values values) {
            return new Keepalive(values.get(idle), values.get(interval), values.get(count));
        }
    }
}
