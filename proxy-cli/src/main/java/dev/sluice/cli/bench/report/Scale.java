package dev.sluice.cli.bench.report;

import java.util.ArrayList;
import java.util.List;

/** From figures to pixels, with the figures to be written at the axis. */
final class Scale {
    private static final int TICKS = 5;
    private static final int MANY_DECADES = 3;

    private final boolean log;
    private final double from;
    private final double to;
    private final double fromPixel;
    private final double toPixel;

    private Scale(boolean log, double from, double to, double fromPixel, double toPixel) {
        this.log = log;
        this.from = log ? Math.log10(from) : from;
        this.to = log ? Math.log10(to) : to;
        this.fromPixel = fromPixel;
        this.toPixel = toPixel;
    }

    /** From 0 to a round number that is not below the greatest figure. */
    static Scale linear(double max, double fromPixel, double toPixel) {
        double step = roundStep(max <= 0 ? 1 : max);
        return new Scale(false, 0, Math.ceil((max <= 0 ? 1 : max) / step) * step, fromPixel, toPixel);
    }

    /** From one figure to another, both above 0, and a little beyond. */
    static Scale logarithmic(double min, double max, double fromPixel, double toPixel) {
        double margin = min == max ? 2 : 1.15;
        return new Scale(true, min / margin, max * margin, fromPixel, toPixel);
    }

    double pixel(double value) {
        double position = log ? Math.log10(value) : value;
        return fromPixel + (position - from) / (to - from) * (toPixel - fromPixel);
    }

    /** 1, 2 or 5 times a power of ten, so that some five of them make the whole. */
    private static double roundStep(double whole) {
        double rough = whole / TICKS;
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        double digit = rough / power;
        return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
    }

    List<Double> ticks() {
        List<Double> ticks = new ArrayList<>();
        if (!log) {
            double step = roundStep(to);
            for (int i = 0; i * step <= to * 1.0001; i++) {
                ticks.add(i * step);
            }
            return ticks;
        }
        double[] digits = to - from > MANY_DECADES
                ? new double[] {1}
                : to - from > 1 ? new double[] {1, 2, 5} : new double[] {1, 1.5, 2, 3, 4, 5, 7};
        for (int power = (int) Math.floor(from); power <= to; power++) {
            for (double digit : digits) {
                double value = digit * Math.pow(10, power);
                if (Math.log10(value) >= from && Math.log10(value) <= to) {
                    ticks.add(value);
                }
            }
        }
        return ticks;
    }
}
