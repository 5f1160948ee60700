package dev.sluice.cli.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BytesTest {
    private final Bytes bytes = new Bytes();

    private String text() {
        return new String(bytes.array(), 0, bytes.length(), StandardCharsets.UTF_8);
    }

    @Test
    void numbersAsJavaWritesThem() {
        Random random = new Random(3);
        for (int base : new int[] {10, 36}) {
            for (long edge = 1; edge > 0 && edge < Long.MAX_VALUE / base; edge *= base) {
                number(edge - 1, base);
                number(edge, base);
            }
            for (int i = 0; i < 10_000; i++) {
                number(random.nextLong() >>> (1 + random.nextInt(63)), base);
            }
            number(Long.MAX_VALUE, base);
        }
    }

    private void number(long value, int base) {
        bytes.cut(0);
        bytes.number(value, base);
        assertEquals(Long.toString(value, base), text());
    }

    @Test
    void zerosBefore() {
        bytes.padded(7, 2).put(':').padded(59, 2).put('.').padded(40, 3);
        assertEquals("07:59.040", text());
    }

    @Test
    void textIsUtf8AndHalfACharacterIsNone() {
        bytes.put("plain ").put("\u00e4 \u2028 \ud83d\ude00 ").put("\ud83d!");
        assertEquals("plain \u00e4 \u2028 \ud83d\ude00 ?!", text());
    }

    @Test
    void growsAndIsCut() {
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < 10_000; i++) {
            expected.append(i);
            bytes.number(i);
        }
        byte[] more = "x".repeat(100_000).getBytes(StandardCharsets.US_ASCII);
        bytes.put(more).put('y');
        assertEquals(expected + "x".repeat(100_000) + 'y', text());
        bytes.cut(3);
        bytes.put('z');
        assertEquals("012z", text());
    }
}
