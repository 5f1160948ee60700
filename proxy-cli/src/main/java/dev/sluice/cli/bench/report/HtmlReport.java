package dev.sluice.cli.bench.report;

import dev.sluice.cli.bench.load.Kind;
import dev.sluice.cli.bench.result.Case;
import dev.sluice.cli.bench.result.Crossover;
import dev.sluice.cli.bench.result.Header;
import dev.sluice.cli.bench.result.Noise;
import dev.sluice.cli.bench.result.Results;
import dev.sluice.cli.bench.result.TableText;
import dev.sluice.cli.bench.statistics.Spread;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The results as one page: what follows from them, charts, tables, circumstances. */
public final class HtmlReport {
    private final Results results;
    private final Charts charts;
    private final StringBuilder out = new StringBuilder();

    private HtmlReport(Results results) {
        this.results = results;
        this.charts = new Charts(results);
    }

    /** The whole page. */
    public static String of(Header header, Results results) {
        HtmlReport page = new HtmlReport(results);
        page.head(header);
        page.verdict();
        page.legend();
        page.body();
        page.tables();
        page.circumstances(header);
        return page.out.append("</body>\n</html>\n").toString();
    }

    private void head(Header header) {
        out.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .append("<title>Sluice benchmark</title>\n<style>\n")
                .append(style())
                .append("</style>\n</head>\n<body>\n<h1>Does splice help here?</h1>\n");
        List<String> facts = new ArrayList<>();
        for (String name : List.of("date", "cpu", "kernel", "network")) {
            String value = header.facts().get(name);
            if (value != null) {
                facts.add((name.equals("kernel") ? "Linux " : "") + value);
            }
        }
        paragraph("quiet", String.join(" · ", facts));
    }

    private static String style() {
        try (InputStream css = HtmlReport.class.getResourceAsStream("page.css")) {
            if (css == null) {
                throw new IllegalStateException("page.css is missing");
            }
            return new String(css.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void paragraph(String style, String text) {
        out.append("<p class=\"")
                .append(style)
                .append("\">")
                .append(Svg.escape(text))
                .append("</p>\n");
    }

    private void verdict() {
        List<String> sentences = new ArrayList<>();
        Optional<Crossover> crossover = Crossover.of(results);
        crossover.ifPresent(c -> {
            sentences.add(c.verdict());
            sentences.add("Recommended here: " + c.advice() + ".");
        });
        for (Case measured : results.cases()) {
            if (measured.kind() != Kind.PING || crossover.isEmpty()) {
                comparison(measured).ifPresent(sentences::add);
            }
        }
        if (!sentences.isEmpty()) {
            out.append("<div class=\"verdict\">\n");
            sentences.forEach(sentence -> paragraph("", sentence));
            out.append("</div>\n");
        }
    }

    private Optional<String> comparison(Case measured) {
        Optional<Spread> ratio = results.ratio(measured, "splice", Results.BASE, Noise.cost(measured));
        if (measured.kind() == Kind.IDLE || ratio.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(String.format(
                Locale.ROOT,
                "%s: splice takes %.2f times the CPU of copy%s.",
                sentence(measured.toString()),
                ratio.get().median(),
                Noise.isUndecided(results, measured) ? ", but not in all rounds alike" : ""));
    }

    private void legend() {
        out.append("<ul class=\"legend\">\n");
        for (String row : results.rows()) {
            out.append("<li><i style=\"background:")
                    .append(Svg.color(charts.series(row)))
                    .append("\"></i>")
                    .append(Svg.escape(row))
                    .append("</li>\n");
        }
        out.append("</ul>\n");
    }

    private void body() {
        List<Case> sizes = charts.sizes();
        for (Case measured : results.cases()) {
            if (!sizes.contains(measured)) {
                section(measured.toString(), charts.ofCase(measured));
            } else if (measured.equals(sizes.getFirst())) {
                section("Requests of " + sizes.size() + " sizes", charts.bySize(sizes));
            }
        }
        List<Charts.Chart> latencies = charts.latencies();
        if (!latencies.isEmpty()) {
            section("Latency", latencies);
        }
    }

    private void section(String title, List<Charts.Chart> figures) {
        out.append("<h2>").append(Svg.escape(sentence(title))).append("</h2>\n<div class=\"charts\">\n");
        for (Charts.Chart chart : figures) {
            out.append("<figure><figcaption>")
                    .append(Svg.escape(chart.title()))
                    .append(" <span>")
                    .append(Svg.escape(chart.unit()))
                    .append("</span></figcaption>")
                    .append(chart.svg())
                    .append("</figure>\n");
        }
        out.append("</div>\n");
    }

    private static String sentence(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }

    private void tables() {
        out.append("<h2>All figures</h2>\n");
        paragraph(
                "quiet",
                "Medians, with (least–most) of the rounds. CPU is that of the proxy's whole process; the last column compares"
                        + " it with copy, round by round.");
        for (Case measured : results.cases()) {
            paragraph("case", sentence(measured.toString()));
            out.append("<div class=\"scroll\"><table>\n");
            String cell = "th";
            for (List<String> row : TableText.rows(results, measured)) {
                out.append("<tr>");
                for (String text : row) {
                    out.append('<').append(cell).append('>').append(Svg.escape(text));
                    out.append("</").append(cell).append('>');
                }
                out.append("</tr>\n");
                cell = "td";
            }
            out.append("</table></div>\n");
            TableText.remarks(results, measured).forEach(remark -> paragraph("quiet", sentence(remark)));
        }
    }

    private void circumstances(Header header) {
        out.append("<h2>Circumstances</h2>\n<table class=\"facts\">\n");
        header.facts()
                .forEach((name, value) -> out.append("<tr><td>")
                        .append(Svg.escape(name))
                        .append("</td><td>")
                        .append(Svg.escape(value))
                        .append("</td></tr>\n"));
        out.append("</table>\n");
        List<String> notes = new ArrayList<>(results.notes());
        notes.addAll(Noise.notes(results));
        if (!notes.isEmpty()) {
            out.append("<h2>Notes</h2>\n<ul>\n");
            notes.forEach(note -> out.append("<li>").append(Svg.escape(note)).append("</li>\n"));
            out.append("</ul>\n");
        }
    }
}
