package dev.sluice.cli.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

class OneLineTest {
    @Test
    void whatIsHarmlessStays() {
        String text = "host:1 'ü' \ud83d\udca7 \\x";
        assertSame(text, OneLine.of(text));
    }

    @Test
    void whatIsHiddenIsShown() {
        assertEquals("a\\x0ab\\x1b[2J\\x7f\\x85", OneLine.of("a\nb\u001b[2J\u007f\u0085"));
        assertEquals("\\u202ea\\u2028b\\u2029\\ufeff\\xad", OneLine.of("\u202ea\u2028b\u2029\ufeff\u00ad"));
    }
}
