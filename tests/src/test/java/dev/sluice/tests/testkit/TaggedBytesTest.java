package dev.sluice.tests.testkit;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** That wrong bytes do not pass for right ones. */
class TaggedBytesTest {
    private static final int BLOCK = 64;

    private final byte[] first = new byte[10 * BLOCK];

    TaggedBytesTest() {
        TaggedBytes source = new TaggedBytes(1, BLOCK);
        for (int i = 0; i < first.length; i += BLOCK) {
            System.arraycopy(source.blockOf(i), 0, first, i, BLOCK);
        }
    }

    @Test
    void rightBytesPassWhereverTheyAreCut() {
        for (int from = 0; from < first.length; from += 7) {
            byte[] piece = Arrays.copyOfRange(first, from, first.length);
            int at = from;
            assertDoesNotThrow(() -> new TaggedBytes(1, BLOCK).check(piece, piece.length, at));
        }
    }

    @Test
    void oneWrongByteIsNamed() {
        for (int i = 0; i < first.length; i++) {
            byte[] damaged = first.clone();
            damaged[i]++;
            AssertionError error = assertThrows(
                    AssertionError.class, () -> new TaggedBytes(1, BLOCK).check(damaged, damaged.length, 0));
            assertTrue(String.valueOf(error.getMessage()).contains("byte " + i + " "), error::getMessage);
        }
    }

    @Test
    void anotherStreamAndAnotherPlaceAreFound() {
        assertThrows(AssertionError.class, () -> new TaggedBytes(2, BLOCK).check(first, 4, 0));
        assertThrows(AssertionError.class, () -> new TaggedBytes(1, BLOCK).check(first, 4, 1));
    }
}
