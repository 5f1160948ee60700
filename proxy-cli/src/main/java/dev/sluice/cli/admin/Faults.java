package dev.sluice.cli.admin;

import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** Warns of what should not happen: once in ten seconds, however often somebody asks for it. From any thread. */
final class Faults implements Consumer<Throwable> {
    private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Function<Throwable, String> words;
    private final Consumer<String> warnings;
    private final LongSupplier nanoTime;
    private long next;
    private long untold = -1;

    Faults(Function<Throwable, String> words, Consumer<String> warnings, LongSupplier nanoTime) {
        this.words = words;
        this.warnings = warnings;
        this.nanoTime = nanoTime;
    }

    @Override
    public synchronized void accept(Throwable error) {
        long now = nanoTime.getAsLong();
        if (untold >= 0 && now - next < 0) {
            untold++;
            return;
        }
        String more = untold > 0 ? " (and " + untold + " more since the last time that this was told)" : "";
        next = now + INTERVAL_NANOS;
        untold = 0;
        warnings.accept("admin" + more + ": " + words.apply(error));
    }
}
