package dev.sluice.cli.progress;

import java.io.PrintStream;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;

/** A line of a terminal with a bar in it, drawn by the library's thread. */
final class Bar implements AutoCloseable {
    private final Line line;
    private final ProgressBar bar;

    Bar(PrintStream out, int columns, long total, Progress.Unit unit) {
        this.line = new Line(out, columns - 1); // a full line would wrap on some terminals
        this.bar = new ProgressBarBuilder()
                .setConsumer(line)
                .setStyle(ProgressBarStyle.ASCII)
                .setUnit(unit.name(), unit.size())
                .setInitialMax(Math.max(1, total))
                .hideEta()
                .continuousUpdate()
                .build();
    }

    void show(long done, String what) {
        bar.stepTo(done);
        bar.setExtraMessage(what);
    }

    void more(long amount) {
        bar.maxHint(bar.getMax() + amount);
    }

    /** Clears the line. An interrupt of this thread, which the library would swallow, stays. */
    @Override
    public void close() {
        boolean interrupted = Thread.interrupted();
        bar.close();
        line.leave();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Where the library draws. Its own class would ask a native library of JLine for the width. */
    private static final class Line implements ProgressBarConsumer {
        private static final String TO_START = "\r";
        private static final String CLEAR_REST = "\033[K";

        private final PrintStream out;
        private final int width;
        private boolean left;

        Line(PrintStream out, int width) {
            this.out = out;
            this.width = width;
        }

        @Override
        public int getMaxRenderedLength() {
            return width;
        }

        @Override
        public synchronized void accept(String rendered) {
            if (!left) {
                out.print(TO_START + rendered.substring(0, Math.min(width, rendered.length())) + CLEAR_REST);
                out.flush();
            }
        }

        /** Not the end: the library calls this only if the bar was drawn before. */
        @Override
        public void close() {}

        synchronized void leave() {
            accept("");
            left = true;
        }
    }
}
