package dev.sluice.proxy.loop;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SpinPermitsTest {
    @Test
    void noMoreThanSoManySpinAtOnce() {
        SpinPermits permits = new SpinPermits(2, 3);
        assertTrue(permits.take());
        assertTrue(permits.take());
        assertFalse(permits.take());
        permits.giveBack();
        assertTrue(permits.take());
    }

    @Test
    void whereThereIsRoomForAllNobodyCounts() {
        SpinPermits permits = new SpinPermits(2, 2);
        for (int i = 0; i < 5; i++) {
            assertTrue(permits.take());
        }
    }

    @Test
    void withheldOnesAreGivenToNobody() {
        SpinPermits permits = new SpinPermits(1, 2);
        permits.withhold(true);
        assertFalse(permits.take());
        permits.withhold(false);
        assertTrue(permits.take());
    }
}
