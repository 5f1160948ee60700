package dev.sluice.cli.bench.statistics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class FiguresTest {
    @Test
    void figuresHaveThreeDigits() {
        assertEquals("0", Figures.of(0));
        assertEquals("0.012", Figures.of(0.0123));
        assertEquals("0.999", Figures.of(0.9994));
        assertEquals("1.23", Figures.of(1.234));
        assertEquals("10.0", Figures.of(9.996));
        assertEquals("999", Figures.of(999.4));
        assertEquals("12 345", Figures.of(12_345));
        assertEquals("0.5", Figures.plain(0.5));
        assertEquals("20 000", Figures.plain(20_000));
    }
}
