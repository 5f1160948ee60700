package dev.sluice.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The two layouts of struct epoll_event, on the bytes themselves: little-endian, as both architectures are. */
class EpollEventsTest extends RealKernel {

    @ParameterizedTest
    @CsvSource({
        "amd64,   000000000000000000000000 05000000 8877665544332211",
        "aarch64, 00000000000000000000000000000000 05000000 00000000 8877665544332211",
    })
    void secondEventInMemory(String architecture, String bytes) {
        byte[] wanted = HexFormat.of().parseHex(bytes.replace(" ", ""));
        EpollEvents events = new EpollEvents(kernel, 2, EpollLayout.of(architecture));
        events.set(1, Epoll.IN | Epoll.OUT, 0x1122_3344_5566_7788L);
        assertEquals(
                HexFormat.of().formatHex(wanted),
                HexFormat.of().formatHex(events.memory().toArray(ValueLayout.JAVA_BYTE)));
        assertEquals(Epoll.IN | Epoll.OUT, events.events(1));
        assertEquals(0x1122_3344_5566_7788L, events.data(1));
        assertEquals(0, events.events(0));
        assertEquals(0, events.data(0));
    }

    @Test
    void edgeTriggeredBitSurvives() {
        EpollEvents events = new EpollEvents(kernel, 1);
        events.set(0, Epoll.ET | Epoll.RDHUP, -1);
        assertEquals(Epoll.ET | Epoll.RDHUP, events.events(0));
    }

    @Test
    void indexIsChecked() {
        EpollEvents events = new EpollEvents(kernel, 2);
        assertEquals(2, events.capacity());
        assertThrows(IndexOutOfBoundsException.class, () -> events.events(2));
        assertThrows(IndexOutOfBoundsException.class, () -> events.data(-1));
        assertThrows(IllegalArgumentException.class, () -> new EpollEvents(kernel, 0));
    }
}
