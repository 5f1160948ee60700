package dev.sluice.tests.testkit;

import java.util.ArrayList;
import java.util.List;

/** Proxies that come one after the other, closed together: what fails then does not hide what had failed before. */
public final class Processes implements AutoCloseable {
    private final List<SluiceProcess> all = new ArrayList<>();

    public SluiceProcess add(SluiceProcess next) {
        all.add(next);
        return next;
    }

    /** In the order in which they were added. */
    public List<SluiceProcess> all() {
        return List.copyOf(all);
    }

    public SluiceProcess first() {
        return all.getFirst();
    }

    public SluiceProcess last() {
        return all.getLast();
    }

    /** All but the last. */
    public List<SluiceProcess> gone() {
        return List.copyOf(all.subList(0, all.size() - 1));
    }

    @Override
    public void close() {
        Throwable failed = null;
        for (SluiceProcess one : all) {
            try {
                one.close();
            } catch (RuntimeException | Error e) {
                if (failed == null) {
                    failed = e;
                } else {
                    failed.addSuppressed(e);
                }
            }
        }
        switch (failed) {
            case null -> {}
            case Error error -> throw error;
            default -> throw new IllegalStateException(failed);
        }
    }
}
