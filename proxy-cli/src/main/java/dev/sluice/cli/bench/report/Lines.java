package dev.sluice.cli.bench.report;

import dev.sluice.cli.bench.statistics.Figures;
import java.util.List;

/** A chart of lines, one for each row, over named steps that lie at equal distances. */
final class Lines {
    private static final int WIDTH = 460;
    private static final int HEIGHT = 264;
    private static final int LEFT = 64;
    private static final int RIGHT = 16;
    private static final int TOP = 10;
    private static final int BOTTOM = 28;
    private static final int LABEL = 52; // that much room a step's name needs

    /**
     * One line.
     *
     * @param values one for each step; NaN where there is none
     */
    record Line(String name, int series, List<Double> values) {}

    private Lines() {}

    /** On a logarithmic scale, or on one from 0. */
    static String of(String description, List<String> steps, List<Line> lines, boolean log) {
        Svg svg = new Svg(WIDTH, HEIGHT, description);
        double[] all = lines.stream()
                .flatMap(line -> line.values().stream())
                .mapToDouble(Double::doubleValue)
                .filter(value -> log ? value > 0 : value >= 0)
                .sorted()
                .toArray();
        if (all.length == 0) {
            svg.text("q", Svg.Anchor.MIDDLE, WIDTH / 2.0, HEIGHT / 2.0, "not measured");
            return svg.toString();
        }
        double bottom = HEIGHT - BOTTOM;
        Scale y = log
                ? Scale.logarithmic(all[0], all[all.length - 1], bottom, TOP)
                : Scale.linear(all[all.length - 1], bottom, TOP);
        for (double tick : y.ticks()) {
            svg.line("g", LEFT, y.pixel(tick), WIDTH - RIGHT, y.pixel(tick));
            svg.text("q", Svg.Anchor.END, LEFT - 8, y.pixel(tick) + 4, Figures.plain(tick));
        }
        int every = (int) Math.ceil((double) steps.size() * LABEL / (WIDTH - LEFT - RIGHT));
        for (int i = 0; i < steps.size(); i++) {
            if ((steps.size() - 1 - i) % every == 0) {
                svg.text("q", Svg.Anchor.MIDDLE, x(i, steps.size()), HEIGHT - 8, steps.get(i));
            }
        }
        lines.forEach(line -> draw(svg, y, steps, line, log));
        return svg.toString();
    }

    private static double x(int step, int steps) {
        double inner = LEFT + 18;
        double width = WIDTH - RIGHT - 22 - inner;
        return steps == 1 ? inner + width / 2 : inner + width * step / (steps - 1);
    }

    private static void draw(Svg svg, Scale y, List<String> steps, Line line, boolean log) {
        int[] there = java.util.stream.IntStream.range(0, steps.size())
                .filter(i -> log ? line.values().get(i) > 0 : line.values().get(i) >= 0)
                .toArray();
        double[] xs = java.util.Arrays.stream(there)
                .mapToDouble(i -> x(i, steps.size()))
                .toArray();
        double[] ys = java.util.Arrays.stream(there)
                .mapToDouble(i -> y.pixel(line.values().get(i)))
                .toArray();
        svg.path(line.series(), xs, ys);
        for (int i = 0; i < there.length; i++) {
            String title = line.name() + ", " + steps.get(there[i]) + ": "
                    + Figures.of(line.values().get(there[i]));
            svg.point(line.series(), xs[i], ys[i], title);
        }
    }
}
