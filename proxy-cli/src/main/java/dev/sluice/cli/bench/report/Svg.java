package dev.sluice.cli.bench.report;

import java.util.Locale;

/** Writes the few elements of SVG that charts are made of. Coordinates are pixels of the view box, y downwards. */
final class Svg {
    enum Anchor {
        START,
        MIDDLE,
        END
    }

    private final StringBuilder out = new StringBuilder();

    Svg(int width, int height, String description) {
        out.append(String.format(
                Locale.ROOT,
                "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">",
                width,
                height,
                escape(description)));
    }

    /** Text as it may stand in an element or an attribute. */
    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    /** The colour of a series, 0 …; they come again after eight. */
    static String color(int series) {
        return "var(--s" + series % 8 + ")";
    }

    void line(String style, double x1, double y1, double x2, double y2) {
        out.append(String.format(
                Locale.ROOT,
                "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
                style,
                x1,
                y1,
                x2,
                y2));
    }

    void text(String style, Anchor anchor, double x, double y, String text) {
        out.append(String.format(
                Locale.ROOT,
                "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>",
                style,
                anchor.name().toLowerCase(Locale.ROOT),
                x,
                y,
                escape(text)));
    }

    /** A bar with a text that shows when it is pointed at. */
    void bar(int series, double x, double y, double width, double height, String title) {
        out.append(String.format(
                Locale.ROOT,
                "<rect fill=\"%s\" rx=\"3\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>%s</title></rect>",
                color(series),
                x,
                y,
                Math.max(1, width),
                height,
                escape(title)));
    }

    /** A point with a text that shows when it is pointed at. */
    void point(int series, double x, double y, String title) {
        out.append(String.format(
                Locale.ROOT,
                "<circle fill=\"%s\" r=\"3.5\" cx=\"%.1f\" cy=\"%.1f\"><title>%s</title></circle>",
                color(series),
                x,
                y,
                escape(title)));
    }

    void path(int series, double[] xs, double[] ys) {
        out.append("<polyline class=\"l\" stroke=\"").append(color(series)).append("\" points=\"");
        for (int i = 0; i < xs.length; i++) {
            out.append(String.format(Locale.ROOT, i == 0 ? "%.1f,%.1f" : " %.1f,%.1f", xs[i], ys[i]));
        }
        out.append("\"/>");
    }

    @Override
    public String toString() {
        return out + "</svg>";
    }
}
