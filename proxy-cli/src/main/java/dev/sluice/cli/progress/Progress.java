package dev.sluice.cli.progress;

import dev.sluice.cli.text.OneLine;
import java.io.PrintStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A bar on stderr where that is a terminal, which overwrites itself once a second and leaves nothing behind; nothing at all
 * elsewhere, where what draws it is not even loaded.
 */
public final class Progress implements AutoCloseable {
    static final Unit TIME = new Unit(" s", 1000);
    static final Unit STEPS = new Unit("", 1);

    private final @Nullable Bar bar;
    private long done;

    /**
     * What is counted.
     *
     * @param name as it is shown
     * @param size how many counted make one that is shown
     */
    record Unit(String name, long size) {}

    /** Work whose time is known, about: each step is told how long it will take. */
    public static Progress ofTime(PrintStream stderr, Duration total) {
        return new Progress(stderr, Terminal.columns(), total.toMillis(), TIME);
    }

    /** Work of so many steps, which are alike. */
    public static Progress ofSteps(PrintStream stderr, int total) {
        return new Progress(stderr, Terminal.columns(), total, STEPS);
    }

    /**
     * Progress on a terminal of a width.
     *
     * @param columns of the terminal; 0: there is none
     * @param total of all steps, milliseconds or steps
     */
    Progress(PrintStream stderr, int columns, long total, Unit unit) {
        this.bar = columns == 0 ? null : new Bar(stderr, columns, total, unit);
    }

    /** Whether a person sees it. */
    public boolean isShown() {
        return bar != null;
    }

    /** Begins the next step, when the one before is done. */
    public void step(String what, Duration time) {
        step(what, time.toMillis());
    }

    /** Begins the next of the steps that are alike. */
    public void step(String what) {
        step(what, 1);
    }

    private void step(String what, long amount) {
        if (bar != null) {
            bar.show(done, OneLine.of(what));
        }
        done += amount;
    }

    /** There is more to do than was thought. */
    public void more(Duration time) {
        if (bar != null) {
            bar.more(time.toMillis());
        }
    }

    /** Takes the bar away. Has no effect the second time. */
    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
