package dev.sluice.cli.bench.techniques.send;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class ContentTest {
    @Test
    void noTwoPagesAreAlike() {
        Content content = new Content();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment first = arena.allocate(2L * Content.PAGE);
            MemorySegment second = arena.allocate(2L * Content.PAGE);
            content.copyTo(first, 0, first.byteSize());
            content.copyTo(second, Content.BLOCK, second.byteSize());
            assertNotEquals(-1, first.mismatch(second));
            content.copyTo(second, Content.PAGE, Content.PAGE);
            assertEquals(-1, first.asSlice(Content.PAGE).mismatch(second.asSlice(0, Content.PAGE)));
        }
        assertNotEquals(content.digest(Content.PAGE), content.digest(2L * Content.PAGE));
        assertEquals(64, content.digest(Content.BLOCK + (long) Content.PAGE).length());
    }
}
