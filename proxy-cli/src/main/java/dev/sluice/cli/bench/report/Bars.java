package dev.sluice.cli.bench.report;

import dev.sluice.cli.bench.statistics.Figures;
import dev.sluice.cli.bench.statistics.Spread;
import java.util.List;

/** A chart of bars, one for each row, with whiskers from the least to the most of the rounds. */
final class Bars {
    private static final int WIDTH = 460;
    private static final int BAR = 20;
    private static final int STEP = 32;
    private static final int TOP = 6;
    private static final int LABELS = 92;
    private static final int VALUES = 62;
    private static final int LONGEST_NAME = 13;

    /** One bar. */
    record Bar(String name, int series, Spread spread) {}

    private Bars() {}

    static String of(String description, List<Bar> bars) {
        int height = TOP + bars.size() * STEP + 4;
        Svg svg = new Svg(WIDTH, height, description);
        double max = bars.stream().mapToDouble(bar -> bar.spread().max()).max().orElse(1);
        Scale scale = Scale.linear(max, LABELS, WIDTH - VALUES);
        svg.line("g", LABELS, 0, LABELS, height);
        for (int i = 0; i < bars.size(); i++) {
            Bar bar = bars.get(i);
            Spread spread = bar.spread();
            double y = TOP + i * STEP + (STEP - BAR) / 2.0;
            double middle = y + BAR / 2.0;
            String title = bar.name() + ": " + Figures.of(spread.median()) + " (" + Figures.of(spread.min()) + " – "
                    + Figures.of(spread.max()) + ")";
            svg.text("", Svg.Anchor.END, LABELS - 10, middle + 4, shortened(bar.name()));
            svg.bar(bar.series(), LABELS, y, scale.pixel(Math.max(0, spread.median())) - LABELS, BAR, title);
            double left = scale.pixel(Math.max(0, spread.min()));
            double right = scale.pixel(Math.max(0, spread.max()));
            if (right - left > 2) {
                svg.line("w", left, middle, right, middle);
                svg.line("w", left, middle - 4, left, middle + 4);
                svg.line("w", right, middle - 4, right, middle + 4);
            }
            svg.text("", Svg.Anchor.START, Math.max(right, LABELS) + 7, middle + 4, Figures.of(spread.median()));
        }
        return svg.toString();
    }

    private static String shortened(String name) {
        return name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME - 1) + "…";
    }
}
