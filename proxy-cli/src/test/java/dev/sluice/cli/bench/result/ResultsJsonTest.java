package dev.sluice.cli.bench.result;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import dev.sluice.cli.bench.load.Kind;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is written is read back. */
class ResultsJsonTest {
    private static JsonObject read(Header header, Results results) throws JsonParserException {
        return JsonParser.object().from(ResultsJson.of(header, results));
    }

    @Test
    void everyFigureOfEveryRoundComesBack() throws JsonParserException {
        Results results = Samples.some();
        JsonArray rows = read(Samples.header(), results).getArray("results");
        int at = 0;
        for (Case measured : results.cases()) {
            for (String row : results.rows(measured)) {
                JsonObject json = rows.getObject(at++);
                assertEquals(measured.kind().toString(), json.getString("workload"));
                assertEquals(measured.connections(), json.getInt("connections"));
                assertEquals(measured.streams(), json.getInt("streams"), "0 where there are none");
                assertEquals(measured.size(), json.getInt("size"), "0 where there is none");
                assertEquals(row, json.getString("row"));
                rounds(results, measured, row, json.getArray("rounds"));
                spreads(results, measured, row, json.getObject("spread"));
            }
        }
        assertEquals(rows.size(), at);
    }

    private static void rounds(Results results, Case measured, String row, JsonArray rounds) {
        assertEquals(results.samples(measured, row).size(), rounds.size());
        for (int i = 0; i < rounds.size(); i++) {
            Sample sample = results.samples(measured, row).get(i);
            JsonObject round = rounds.getObject(i);
            assertEquals(sample.round(), round.getInt("round"));
            assertEquals(1 + sample.figures().size(), round.size());
            sample.figures().forEach((metric, value) -> assertEquals(value, round.getDouble(metric.key())));
        }
    }

    private static void spreads(Results results, Case measured, String row, JsonObject spreads) {
        for (Metric metric : Metric.values()) {
            JsonObject spread = spreads.getObject(metric.key());
            assertEquals(results.spread(measured, row, metric).isPresent(), spread != null, metric.key());
            results.spread(measured, row, metric).ifPresent(s -> {
                assertEquals(s.min(), spread.getDouble("min"));
                assertEquals(s.median(), spread.getDouble("median"));
                assertEquals(s.max(), spread.getDouble("max"));
            });
        }
    }

    @Test
    void whyThereWereNoMoreRounds() throws JsonParserException {
        JsonArray stops = read(Samples.header(), Samples.some()).getArray("stops");
        assertEquals(1, stops.size());
        JsonObject stop = stops.getObject(0);
        assertEquals("ping", stop.getString("workload"));
        assertEquals(1024, stop.getInt("size"));
        assertEquals(3, stop.getInt("rounds"));
        assertEquals("precision", stop.getString("reason"));
        assertEquals(0.05, stop.getDouble("precision"));
        JsonObject reached = stop.getObject("reached");
        assertEquals("splice", reached.getString("row"));
        assertEquals("copy", reached.getString("ratio_to"));
        assertEquals("cpu_us_per_op", reached.getString("figure"));
        assertEquals(0.021, reached.getDouble("precision"));
        Results none = new Results();
        Case measured = Samples.ping(1);
        none.add(measured, "direct", new Sample(1, Map.of()));
        Precision unknown = new Precision("direct", Metric.OPERATIONS, false, Double.POSITIVE_INFINITY);
        none.stopped(measured, new Stop(Stop.Reason.ROUNDS, 1, 0, Optional.of(unknown)));
        stop = read(new Header(), none).getArray("stops").getObject(0);
        assertFalse(stop.has("precision"), "none was wanted");
        assertTrue(stop.getObject("reached").isNull("precision"), "one round tells none");
        assertTrue(stop.getObject("reached").isNull("ratio_to"));
    }

    @Test
    void whetherTheGeneratorWasTheLimit() throws JsonParserException {
        JsonArray generator = read(Samples.header(), Samples.some()).getArray("generator");
        assertEquals(1, generator.size(), "one case where it was measured");
        JsonObject bulk = generator.getObject(0);
        assertEquals("bulk-down", bulk.getString("workload"));
        assertEquals(0.97, bulk.getDouble("busiest_cpu_part"));
        assertEquals("splice", bulk.getString("busiest_row"));
        assertEquals(new JsonArray(List.of("splice")), bulk.getArray("limit_of"));
    }

    @Test
    void textsAreEscaped() throws JsonParserException {
        String text = "\"quoted\" \\ \n\t\u0001 µ 😀";
        Results results = new Results();
        results.note(text);
        JsonObject json = read(new Header().with(text, text), results);
        assertEquals(text, json.getObject("header").getString(text));
        assertEquals(text, json.getArray("notes").getString(0));
        assertEquals(0, json.getArray("results").size());
        assertFalse(json.has("crossover"));
        assertEquals(1, ResultsJson.of(new Header(), results).lines().count());
    }

    @Test
    void crossoverAndRate() throws JsonParserException {
        JsonObject crossover = read(Samples.header(), Samples.some()).getObject("crossover");
        assertEquals(4096, crossover.getInt("copy_wins_up_to"));
        assertEquals(65536, crossover.getInt("splice_wins_from"));
        assertTrue(crossover.getString("advice").startsWith("--relay splice"), crossover::toString);
        Results results = new Results();
        results.add(new Case(Kind.PING, 1, 64, 20_000), "copy", new Sample(1, Map.of(Metric.MAX, Double.NaN)));
        JsonObject row = read(new Header(), results).getArray("results").getObject(0);
        assertEquals(20_000, row.getInt("rate"));
        assertEquals("request", row.getString("operation"));
        assertTrue(row.getArray("rounds").getObject(0).isNull("max_us"), "no number, and not the end of the export");
    }
}
