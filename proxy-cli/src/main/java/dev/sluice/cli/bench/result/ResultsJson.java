package dev.sluice.cli.bench.result;

import java.util.Map;
import java.util.Optional;

/**
 * The results as JSON (RFC 8259): {@code header}, {@code results} with every round and the spread over all, {@code crossover} where
 * there is one, {@code notes}. A figure that could not be measured is not there.
 */
public final class ResultsJson {
    private final StringBuilder out = new StringBuilder();
    private boolean first = true;

    private ResultsJson() {}

    /** The whole text, which ends with a line feed. */
    public static String of(Header header, Results results) {
        ResultsJson json = new ResultsJson();
        json.open('{');
        json.key("header").open('{');
        for (Map.Entry<String, String> fact : header.facts().entrySet()) {
            json.key(fact.getKey()).text(fact.getValue());
        }
        json.close('}');
        json.key("results").open('[');
        for (Case measured : results.cases()) {
            for (String row : results.rows(measured)) {
                json.result(results, measured, row);
            }
        }
        json.close(']');
        Optional<Crossover> crossover = Crossover.of(results);
        crossover.ifPresent(json::crossover);
        json.key("notes").open('[');
        results.notes().forEach(json::text);
        Noise.notes(results).forEach(json::text);
        json.close(']').close('}');
        return json.out.append('\n').toString();
    }

    private void result(Results results, Case measured, String row) {
        open('{').key("workload").text(measured.kind().toString());
        key("connections").number(measured.connections());
        if (measured.size() > 0) {
            key("size").number(measured.size());
        }
        if (measured.rate() > 0) {
            key("rate").number((double) measured.rate());
        }
        if (!measured.operation().isEmpty()) {
            key("operation").text(measured.operation());
        }
        key("row").text(row);
        key("spread").open('{');
        for (Metric metric : Metric.values()) {
            results.spread(measured, row, metric).ifPresent(spread -> {
                key(metric.key()).open('{');
                key("min").number(spread.min());
                key("median").number(spread.median());
                key("max").number(spread.max()).close('}');
            });
        }
        close('}').key("rounds").open('[');
        for (Sample sample : results.samples(measured, row)) {
            open('{').key("round").number(sample.round());
            sample.figures().forEach((metric, value) -> key(metric.key()).number(value));
            close('}');
        }
        close(']').close('}');
    }

    private void crossover(Crossover crossover) {
        key("crossover").open('{');
        key("copy_wins_up_to").number(crossover.above());
        key("splice_wins_from").number(crossover.below());
        key("estimate").number(crossover.estimate());
        key("verdict").text(crossover.verdict());
        key("advice").text(crossover.advice()).close('}');
    }

    private ResultsJson open(char bracket) {
        separate();
        out.append(bracket);
        first = true;
        return this;
    }

    private ResultsJson close(char bracket) {
        out.append(bracket);
        first = false;
        return this;
    }

    private ResultsJson key(String name) {
        text(name);
        out.append(':');
        first = true;
        return this;
    }

    private void separate() {
        if (!first) {
            out.append(',');
        }
        first = false;
    }

    private ResultsJson number(double value) {
        separate();
        if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            out.append((long) value);
        } else {
            out.append(Double.isFinite(value) ? Double.toString(value) : "null");
        }
        return this;
    }

    private ResultsJson text(String value) {
        separate();
        out.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append("\\u00").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
            } else {
                out.append(c);
            }
        }
        out.append('"');
        return this;
    }
}
