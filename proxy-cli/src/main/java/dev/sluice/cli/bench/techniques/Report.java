package dev.sluice.cli.bench.techniques;

import dev.sluice.cli.bench.statistics.Spread;
import dev.sluice.cli.bench.techniques.send.Catalogue;
import dev.sluice.cli.bench.techniques.send.Technique.Textbook;
import dev.sluice.cli.text.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** The results as text: what was measured, what the textbooks say beside what was counted, and why they differ. */
final class Report {
    private static final int WIDTH = 112;
    private static final String NONE = "-";

    private final Setting setting;
    private final List<TechniqueResult> results;
    private final List<String> notes = new ArrayList<>();

    Report(Setting setting, List<TechniqueResult> results) {
        this.setting = setting;
        this.results = results;
    }

    String text() {
        notes.addAll(setting.pattern() == null ? Catalogue.GENERAL : Catalogue.GENERAL.subList(0, 1));
        int done = results.stream().mapToInt(TechniqueResult::rounds).max().orElse(0);
        StringBuilder out = new StringBuilder(setting.describe(done));
        out.append("Medians of the rounds. The file is hot: in the page cache, but for O_DIRECT.\n\n");
        out.append(costs()).append('\n');
        out.append(setting.pattern() == null ? textbooks() + "\n" : "");
        out.append(missing());
        notes();
        for (int i = 0; i < notes.size(); i++) {
            out.append(paragraph((i + 1) + ". ", notes.get(i)));
        }
        return out.toString();
    }

    private String costs() {
        Table grid = new Table();
        grid.row(
                "",
                "MiB/s",
                "min - max",
                "CPU-s/GiB",
                "user",
                "system",
                "calls/MiB",
                "crossings/MiB",
                "faults/MiB",
                "waits/GiB",
                "preempted/GiB");
        String kind = "";
        for (TechniqueResult result : measured()) {
            if (!kind.equals(result.technique().kind())) {
                kind = result.technique().kind();
                grid.row(kind);
            }
            Spread speed = result.spread(Round::mibPerSecond);
            grid.row(
                    "  " + result.technique().name(),
                    number(0, speed.median()),
                    number(0, speed.min()) + " - " + number(0, speed.max()),
                    number(3, result.median(Round::cpuPerGib)),
                    number(3, result.median(Round::userPerGib)),
                    number(3, result.median(Round::systemPerGib)),
                    number(1, result.median(Round::callsPerMib)),
                    number(1, result.median(Round::crossingsPerMib)),
                    number(1, result.median(Round::faultsPerMib)),
                    number(0, result.median(Round::waitsPerGib)),
                    number(0, result.median(Round::preemptionsPerGib)));
        }
        return grid.toString();
    }

    private String textbooks() {
        Table grid = new Table();
        grid.row(
                "For each chunk",
                "crossings [1]",
                "",
                "CPU copies [2]",
                "",
                "DMA copies [2]",
                "",
                "user space [2]",
                "",
                "notes");
        grid.row("", "textbook", "here", "textbook", "here", "textbook", "here", "in", "out", "");
        String kind = "";
        for (TechniqueResult result : measured()) {
            if (!kind.equals(result.technique().kind())) {
                kind = result.technique().kind();
                grid.row(kind);
            }
            Textbook textbook = result.technique().textbook();
            ToDoubleFunction<Round> crossings = round -> round.crossingsPerChunk(setting.chunk());
            grid.row(
                    "  " + result.technique().name(),
                    textbook == null ? NONE : Integer.toString(textbook.crossings()),
                    number(1, result.median(crossings)),
                    textbook == null ? NONE : textbook.cpuCopies(),
                    number(1, result.median(Round::cpuCopies)),
                    textbook == null ? NONE : Integer.toString(textbook.dmaCopies()),
                    number(1, result.median(Round::diskReads)),
                    number(1, result.median(Round::intoUser)),
                    number(1, result.median(Round::outOfUser)),
                    references(result));
        }
        return grid.toString();
    }

    private List<TechniqueResult> measured() {
        return results.stream().filter(TechniqueResult::measured).toList();
    }

    /** The notes of the patterns' rows, whose table has no place to refer to them from. */
    private void notes() {
        if (setting.pattern() != null) {
            measured().forEach(this::references);
        }
    }

    private String references(TechniqueResult result) {
        List<String> all = new ArrayList<>(result.technique().notes());
        zeroCopy(result, all);
        StringBuilder references = new StringBuilder();
        for (String note : all) {
            if (!notes.contains(note)) {
                notes.add(note);
            }
            references.append(references.isEmpty() ? "[" : ", ").append(notes.indexOf(note) + 1);
        }
        return references.isEmpty() ? "" : references.append(']').toString();
    }

    private static void zeroCopy(TechniqueResult result, List<String> into) {
        double sends = result.median(round -> round.tally().zeroCopySends());
        if (sends > 0) {
            double copied = result.median(round -> round.tally().zeroCopyCopied());
            into.add(number(0, copied) + " of " + number(0, sends)
                    + " sends were copied by the kernel after all (SO_EE_CODE_ZEROCOPY_COPIED)"
                    + (copied > 0
                            ? ": a receiver on the same machine must not hold on to the sender's pages. Through a network"
                                    + " card that gathers it would not."
                            : "."));
        }
    }

    private String missing() {
        StringBuilder out = new StringBuilder();
        for (TechniqueResult result : results) {
            String obstacle = result.obstacle();
            if (obstacle != null) {
                out.append(paragraph(
                        "  ",
                        result.technique().kind() + ", " + result.technique().name() + ": " + obstacle));
            }
        }
        if (setting.pattern() == null) {
            out.append(paragraph("  ", Catalogue.FORK));
        }
        return out.isEmpty() ? "" : "Not measured\n" + out + "\n";
    }

    /** Words in lines of a width, the first one marked, the others indented as far. */
    static String paragraph(String mark, String text) {
        String indent = " ".repeat(mark.length());
        StringBuilder out = new StringBuilder(mark);
        int column = mark.length();
        for (String word : text.split(" ", -1)) {
            if (column > mark.length() && column + 1 + word.length() > WIDTH) {
                out.append('\n').append(indent);
                column = mark.length();
            }
            if (column > mark.length()) {
                out.append(' ');
                column++;
            }
            out.append(word);
            column += word.length();
        }
        return out.append('\n').toString();
    }

    private static String number(int digits, double value) {
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }
}
