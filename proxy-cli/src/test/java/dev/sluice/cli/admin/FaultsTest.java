package dev.sluice.cli.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FaultsTest {
    private static final long SECOND = 1_000_000_000L;

    private final List<String> warnings = new ArrayList<>();
    private long now = Long.MAX_VALUE - SECOND; // nanoTime may be anything

    @Test
    void onceInTenSeconds() {
        Faults faults = new Faults(error -> String.valueOf(error.getMessage()), warnings::add, () -> now);
        for (int i = 0; i < 5; i++) {
            faults.accept(new IllegalStateException("fault " + i));
            now += SECOND;
        }
        assertEquals(List.of("admin: fault 0"), warnings);
        now += 5 * SECOND;
        faults.accept(new OutOfMemoryError("fault 5"));
        now += 10 * SECOND;
        faults.accept(new OutOfMemoryError("fault 6"));
        assertEquals(
                List.of(
                        "admin: fault 0",
                        "admin (and 4 more since the last time that this was told): fault 5",
                        "admin: fault 6"),
                warnings);
    }
}
