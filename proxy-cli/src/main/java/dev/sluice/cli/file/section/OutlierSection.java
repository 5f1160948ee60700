package dev.sluice.cli.file.section;

import dev.sluice.cli.file.Key;
import dev.sluice.cli.file.Section;
import dev.sluice.cli.file.Values;
import dev.sluice.cli.options.Kind;
import dev.sluice.cli.options.Rates;
import dev.sluice.proxy.config.OutlierConfig;
import java.time.Duration;

/** {@code outliers} of an upstream. */
final class OutlierSection extends Section<OutlierConfig> {
    private final Key<Integer> failures = key(
            "failures",
            new Kind.OfNumber(1, OutlierConfig.MAX_FAILURES),
            OutlierConfig.DEFAULTS.failures(),
            "So many failures eject an endpoint: it could not be connected to, or reset a session in its first second before it had"
                    + " said anything.");

    private final Key<Duration> within = key(
            "within",
            new Kind.OfDuration(OutlierConfig.MIN, OutlierConfig.MAX_WITHIN),
            OutlierConfig.DEFAULTS.within(),
            "In how long.");

    private final Key<Duration> eject = key(
            "eject",
            new Kind.OfDuration(OutlierConfig.MIN, OutlierConfig.MAX_EJECT),
            OutlierConfig.DEFAULTS.eject(),
            "For how long it gets no new sessions; doubled with each time in a row, up to ten times as long.");

    private final Key<Integer> maxEjected = key(
            "max-ejected",
            new Rates.OfPercent(1, 100),
            OutlierConfig.DEFAULTS.maxEjected(),
            "Never more of the endpoints at a time than this; the last one that is up always stays.");

    @Override
    protected OutlierConfig build(Values values) {
        return new OutlierConfig(values.get(failures), values.get(within), values.get(eject), values.get(maxEjected));
    }
}
