package dev.sluice.cli.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnitsTest {
    @ParameterizedTest
    @CsvSource({
        "5s,PT5S",
        "250ms,PT0.25S",
        "50us,PT0.00005S",
        "1h,PT1H",
        "30m,PT30M",
        "1d,PT24H",
        "0,PT0S",
        "0h,PT0S",
        "7 s,PT7S",
        "9ns,PT0.000000009S"
    })
    void durations(String text, Duration expected) {
        assertEquals(expected, Units.parseDuration(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "5",
                "s",
                "-1s",
                "+1s",
                "1.5s",
                "5S",
                "5 sec",
                "1h30m",
                "0x5s",
                "٣s",
                "99999999999999999999s",
                "110000d"
            })
    void notDurations(String text) {
        String message = assertThrows(IllegalArgumentException.class, () -> Units.parseDuration(text))
                .getMessage();
        assertTrue(String.valueOf(message).startsWith("'" + text + "' is "), message);
    }

    @Test
    void aBareNumberMayHaveAUnit() {
        assertEquals(Duration.ofNanos(50_000), Units.parseDuration("50", "us"));
        assertEquals(Duration.ofMillis(50), Units.parseDuration("50ms", "us"));
    }

    @ParameterizedTest
    @CsvSource({"65536,65536", "64KiB,65536", "1MiB,1048576", "2 GiB,2147483648", "0,0", "3B,3"})
    void sizes(String text, long expected) {
        assertEquals(expected, Units.parseSize(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "KiB", "64k", "64KB", "64kib", "-1", "1.5MiB", "9223372036854775808", "9000000000GiB"})
    void notSizes(String text) {
        assertThrows(IllegalArgumentException.class, () -> Units.parseSize(text));
    }

    @Test
    void theShortestText() {
        assertEquals("90s", Units.format(Duration.ofSeconds(90)));
        assertEquals("2h", Units.format(Duration.ofHours(2)));
        assertEquals("1500ms", Units.format(Duration.ofMillis(1500)));
        assertEquals("0", Units.format(Duration.ZERO));
        assertEquals("256 KiB", Units.formatSize(256 << 10));
        assertEquals("1 GiB", Units.formatSize(1 << 30));
        assertEquals("1000 B", Units.formatSize(1000));
        assertEquals("0 B", Units.formatSize(0));
    }

    @Test
    void whatAPersonWantsToKnow() {
        assertEquals("900 B", Units.approximateSize(900));
        assertEquals("1.5 KiB", Units.approximateSize(1536));
        assertEquals("10 KiB", Units.approximateSize(10_200));
        assertEquals("1.0 MiB", Units.approximateSize((1 << 20) - 1));
        assertEquals("2.0 MiB", Units.approximateSize(2 << 20));
        assertEquals("100 MiB", Units.approximateSize(100 << 20));
        assertEquals("8.0 EiB", Units.approximateSize(Long.MAX_VALUE));
        assertEquals("0", Units.approximate(Duration.ZERO));
        assertEquals("350us", Units.approximate(Duration.ofNanos(350_999)));
        assertEquals("850ms", Units.approximate(Duration.ofMillis(850)));
        assertEquals("59s", Units.approximate(Duration.ofMillis(59_900)));
        assertEquals("3m 20s", Units.approximate(Duration.ofSeconds(200)));
        assertEquals("3h", Units.approximate(Duration.ofHours(3)));
        assertEquals("2d 5h", Units.approximate(Duration.ofHours(53)));
    }

    @Test
    void whatIsWrittenCanBeRead() {
        Random random = new Random(1);
        for (int i = 0; i < 1_000; i++) {
            long value = random.nextLong(Long.MAX_VALUE) >>> random.nextInt(63) << random.nextInt(8);
            if (value >= 0) {
                Duration duration = Duration.ofNanos(value);
                assertEquals(duration, Units.parseDuration(Units.format(duration)));
                assertEquals(value, Units.parseSize(Units.formatSize(value)));
            }
        }
    }
}
