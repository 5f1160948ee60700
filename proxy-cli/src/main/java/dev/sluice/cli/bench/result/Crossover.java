package dev.sluice.cli.bench.result;

import dev.sluice.cli.bench.load.Kind;
import dev.sluice.cli.bench.statistics.Spread;
import dev.sluice.cli.text.Units;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The size of request from which on splicing takes less processor time than copying, as far as the sizes measured tell.
 *
 * @param points measured, by size
 * @param above the largest size at which copying still won; 0: at none
 * @param below the smallest size from which on splicing won at every size measured; 0: at none
 * @param estimate between the two, where the line through their ratios crosses 1; 0 where there is no crossing, or the two are far
 *     apart
 * @param advice the relay to take, and why
 */
public record Crossover(List<Point> points, int above, int below, int estimate, String advice) {
    private static final double AS_GOOD = 1.05;
    private static final int TOO_FAR_APART = 16; // sizes, to say what is between them

    /**
     * One size.
     *
     * @param size bytes
     * @param copy processor time of a request in microseconds
     * @param splice the same
     * @param auto the same; NaN when it was not measured
     */
    public record Point(int size, double copy, double splice, double auto) {
        double ratio() {
            return splice / copy;
        }
    }

    /** What the results tell, when they have copy and splice at two sizes or more. */
    public static Optional<Crossover> of(Results results) {
        List<Point> points = new ArrayList<>();
        for (Case measured : results.cases()) {
            Optional<Spread> copy = results.spread(measured, "copy", Metric.CPU_PER_OP);
            Optional<Spread> splice = results.spread(measured, "splice", Metric.CPU_PER_OP);
            if (measured.kind() == Kind.PING && copy.isPresent() && splice.isPresent()) {
                points.add(new Point(
                        measured.size(),
                        copy.get().median(),
                        splice.get().median(),
                        results.spread(measured, "auto", Metric.CPU_PER_OP)
                                .map(Spread::median)
                                .orElse(Double.NaN)));
            }
        }
        points.sort(Comparator.comparingInt(Point::size));
        return points.size() < 2 ? Optional.empty() : Optional.of(of(points));
    }

    /** What these points tell, by ascending size, two at least. */
    static Crossover of(List<Point> points) {
        int first = points.size(); // from which on splice wins
        while (first > 0 && points.get(first - 1).ratio() < 1) {
            first--;
        }
        int above = first == 0 ? 0 : points.get(first - 1).size();
        int below = first == points.size() ? 0 : points.get(first).size();
        boolean near = above > 0 && below > 0 && below / above <= TOO_FAR_APART;
        int estimate = near ? between(points.get(first - 1), points.get(first)) : 0;
        return new Crossover(List.copyOf(points), above, below, estimate, advice(points, above, below));
    }

    /** Where the ratio is 1, on a line over the logarithm of the size. */
    private static int between(Point low, Point high) {
        double part = (low.ratio() - 1) / (low.ratio() - high.ratio());
        return (int) Math.round(Math.exp(Math.log(low.size()) + part * Math.log((double) high.size() / low.size())));
    }

    private static String advice(List<Point> points, int above, int below) {
        boolean autoIsFine = points.stream().allMatch(p -> p.auto() <= AS_GOOD * Math.min(p.copy(), p.splice()));
        if (autoIsFine) {
            return "--relay auto: at every size within 5% of the better of the two";
        }
        if (above == 0) {
            return "--relay splice: it wins at every size measured";
        }
        if (below == 0) {
            return "--relay copy: splice wins at no size measured";
        }
        return "--relay splice where most requests are of " + Units.formatSize(below)
                + " or more, --relay copy elsewhere";
    }

    /** One or two sentences. */
    public String verdict() {
        String sizes = Units.formatSize(points.getFirst().size()) + " to "
                + Units.formatSize(points.getLast().size());
        if (above == 0) {
            return "Splice takes less CPU than copy at every size from " + sizes + ".";
        }
        if (below == 0) {
            return "Copy takes no more CPU than splice at any size from " + sizes + ".";
        }
        return "Splice takes less CPU than copy from between " + Units.formatSize(above) + " and "
                + Units.formatSize(below) + " on"
                + (estimate > 0
                        ? " (interpolated: " + Units.approximateSize(estimate) + ")."
                        : " (--sweep tells it closer).");
    }
}
