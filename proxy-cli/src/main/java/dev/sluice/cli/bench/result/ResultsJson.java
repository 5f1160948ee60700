package dev.sluice.cli.bench.result;

import com.grack.nanojson.JsonStringWriter;
import com.grack.nanojson.JsonWriter;
import dev.sluice.cli.bench.export.JsonNumber;
import dev.sluice.cli.bench.statistics.Spread;
import java.util.Optional;

/**
 * The results as JSON (RFC 8259): {@code header}, {@code results} with every round and the spread over all, {@code stops} with why
 * each case had no further round, {@code generator} with the rows whose limit the generator was, {@code crossover} where there is one, {@code notes}. A figure that could not be measured is not there.
 */
public final class ResultsJson {
    private final Results results;
    private final JsonStringWriter json = JsonWriter.string();

    private ResultsJson(Results results) {
        this.results = results;
    }

    /** The whole text, which ends with a line feed. */
    public static String of(Header header, Results results) {
        return new ResultsJson(results).text(header) + "\n";
    }

    private String text(Header header) {
        json.object().object("header", header.facts()).array("results");
        for (Case measured : results.cases()) {
            for (String row : results.rows(measured)) {
                json.object();
                about(measured);
                row(measured, row);
                json.end();
            }
        }
        json.end();
        json.array("stops");
        for (Case measured : results.cases()) {
            results.stop(measured).ifPresent(stop -> stop(measured, stop));
        }
        json.end();
        json.array("generator");
        for (Case measured : results.cases()) {
            GeneratorLimit.of(results, measured).ifPresent(limit -> generator(measured, limit));
        }
        json.end();
        Crossover.of(results).ifPresent(this::crossover);
        json.array("notes");
        results.notes().forEach(json::value);
        Noise.notes(results).forEach(json::value);
        return json.end().end().done();
    }

    private void about(Case measured) {
        json.value("workload", measured.kind().toString()).value("connections", measured.connections());
        if (measured.streams() > 0) {
            json.value("streams", measured.streams());
        }
        if (measured.size() > 0) {
            json.value("size", measured.size());
        }
        if (measured.rate() > 0) {
            json.value("rate", measured.rate());
        }
        if (!measured.operation().isEmpty()) {
            json.value("operation", measured.operation());
        }
    }

    private void row(Case measured, String row) {
        json.value("row", row).object("spread");
        for (Metric metric : Metric.values()) {
            Optional<Spread> spread = results.spread(measured, row, metric);
            spread.ifPresent(s -> json.object(metric.key())
                    .value("min", JsonNumber.of(s.min()))
                    .value("median", JsonNumber.of(s.median()))
                    .value("max", JsonNumber.of(s.max()))
                    .end());
        }
        json.end().array("rounds");
        for (Sample sample : results.samples(measured, row)) {
            json.object().value("round", sample.round());
            sample.figures().forEach((metric, value) -> json.value(metric.key(), JsonNumber.of(value)));
            json.end();
        }
        json.end();
    }

    private void stop(Case measured, Stop stop) {
        json.object();
        about(measured);
        json.value("rounds", stop.rounds()).value("reason", stop.reason().key());
        if (stop.wanted() > 0) {
            json.value("precision", stop.wanted());
        }
        stop.reached()
                .ifPresent(reached -> json.object("reached")
                        .value("row", reached.row())
                        .value("figure", reached.metric().key())
                        .value("ratio_to", reached.paired() ? Results.BASE : null)
                        .value("precision", JsonNumber.of(reached.part()))
                        .end());
        json.end();
    }

    private void generator(Case measured, GeneratorLimit limit) {
        json.object();
        about(measured);
        json.value("busiest_cpu_part", JsonNumber.of(limit.busiest())).value("busiest_row", limit.busiestRow());
        json.array(
                "limit_of",
                limit.limited().stream().map(GeneratorLimit.Limited::row).toList());
        json.end();
    }

    private void crossover(Crossover crossover) {
        json.object("crossover")
                .value("copy_wins_up_to", crossover.above())
                .value("splice_wins_from", crossover.below())
                .value("estimate", crossover.estimate())
                .value("verdict", crossover.verdict())
                .value("advice", crossover.advice())
                .end();
    }
}
