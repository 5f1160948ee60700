package dev.sluice.cli.bench.result;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.bench.load.Kind;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Table, CSV and what they have to say. */
class TextsTest {
    @Test
    void csvHasALineForEachRoundOfEachRow() {
        List<String> lines = ResultsCsv.of(Samples.some()).lines().toList();
        assertEquals(1 + 3 * 4 * 5 + 2, lines.size());
        List<String> names = List.of(lines.getFirst().split(",", -1));
        for (String line : lines) {
            String plain = line.replace("\"pe,er \"\"<1>\"\"\"", "peer"); // RFC 4180: quotes doubled within quotes
            assertEquals(names.size(), plain.split(",", -1).length, line);
        }
        String[] first = lines.get(1).split(",", -1);
        assertEquals("ping", first[names.indexOf("workload")]);
        assertEquals("1024", first[names.indexOf("size")]);
        assertEquals("direct", first[names.indexOf("row")]);
        assertEquals("1", first[names.indexOf("round")]);
        assertEquals("1000.0", first[names.indexOf("ops_per_s")]);
        assertEquals("10.1", first[names.indexOf("cpu_us_per_op")]);
        assertEquals("", first[names.indexOf("syscalls_per_op")], "not measured");
        assertEquals("", first[names.indexOf("streams")]);
        String[] last = lines.getLast().split(",", -1);
        assertEquals("mixed", last[names.indexOf("workload")]);
        assertEquals("8", last[names.indexOf("streams")]);
        assertEquals("2.5", last[names.indexOf("gib_per_s")]);
    }

    @Test
    void tableHasMediansWithRangesAndIsAligned() {
        String table = TableText.of(Samples.header(), Samples.some());
        assertTrue(table.contains("ping, 32 connections x 1 KiB\n"), table);
        assertTrue(table.contains("2 000 (1 000–3 000)"), table);
        assertTrue(table.contains("20.2 (20.1–20.3)"), table);
        assertTrue(table.contains("3.50 (2.50–4.50)"), table);
        assertTrue(
                table.contains("\n  stopped after 3 rounds: CPU µs of splice as a part of copy's is known to ±2.1%"),
                table);
        assertTrue(table.contains("note: a note with <angles>\n"), table);
        assertTrue(table.contains("Recommended here: --relay splice where"), table);
        List<String> block = table.lines()
                .dropWhile(line -> !line.startsWith("ping"))
                .skip(1)
                .limit(5)
                .toList();
        assertEquals(1, block.stream().map(String::length).distinct().count(), table);
    }

    @Test
    void mixedHasTheRequestsAndTheStreams() {
        List<List<String>> rows = TableText.rows(Samples.some(), Samples.MIXED);
        assertEquals(
                List.of("", "req/s", "p50 µs", "p99", "p99.9", "GiB/s", "CPU s/GiB", "machine s/GiB", "CPU vs copy"),
                rows.getFirst());
        assertEquals(List.of("splice", "20 000", "350", "1 234", "-", "2.50", "0.125", "-", "1.00"), rows.getLast());
        assertEquals("mixed, 16 connections x 256 B beside 8 streams", Samples.MIXED.toString());
    }

    @Test
    void whatWasNotMeasuredIsADash() {
        Results results = new Results();
        results.add(new Case(Kind.BULK_UP, 1, 0, 0), "direct", new Sample(1, Map.of(Metric.THROUGHPUT, 2.0)));
        List<String> cells = TableText.rows(results, results.cases().getFirst()).get(1);
        assertEquals(List.of("direct", "2.00", "-", "-", "-", "-", "-"), cells);
    }

    @Test
    void noiseIsToldOf() {
        Results results = new Results();
        Case bulk = new Case(Kind.BULK_DOWN, 8, 0, 0);
        double[] copy = {1, 1.2, 1.5};
        double[] splice = {1.4, 1.15, 1.5};
        for (int i = 0; i < 3; i++) {
            results.add(bulk, "copy", new Sample(i + 1, Map.of(Metric.CPU_PER_GIB, copy[i], Metric.STRANGERS, 0.25)));
            results.add(bulk, "splice", new Sample(i + 1, Map.of(Metric.CPU_PER_GIB, splice[i])));
        }
        List<String> notes = Noise.notes(results);
        assertEquals(3, notes.size(), notes::toString);
        assertTrue(TableText.of(Samples.header(), results).contains("1.00 (0.96–1.40)"), notes::toString);
        assertTrue(notes.get(0).contains("of copy differs by 42%"), notes::toString);
        assertTrue(notes.get(1).contains("cannot be told apart"), notes::toString);
        assertTrue(notes.get(2).contains("25% of its CPU"), notes::toString);
        assertEquals(List.of(), Noise.notes(new Results()));
    }
}
