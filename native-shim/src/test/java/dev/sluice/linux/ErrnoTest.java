package dev.sluice.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import org.junit.jupiter.api.Test;

class ErrnoTest {

    @Test
    void everyConstantHasItsName() throws Exception {
        for (Field field : Errno.class.getFields()) {
            if (Modifier.isStatic(field.getModifiers())) {
                int errno = field.getInt(null);
                assertEquals(field.getName(), Errno.name(errno));
                assertEquals(" (" + field.getName() + ")", Errno.describe(errno).replaceFirst("^[^(]*[^( ]", ""));
            }
        }
    }

    @Test
    void describes() {
        assertEquals("connection reset by peer (ECONNRESET)", Errno.describe(Errno.ECONNRESET));
        assertEquals("errno 4711", Errno.name(4711));
        assertEquals("errno 4711", Errno.describe(4711));
        assertEquals("errno 0", Errno.name(0));
        assertEquals("errno -1", Errno.name(-1));
        assertEquals("errno 41", Errno.name(41));
    }

    @Test
    void checkPassesResultsAndThrowsRefusals() {
        assertEquals(7, Errno.check(7, "socket"));
        assertEquals(1L << 40, Errno.check(1L << 40, "pipe2"));
        KernelException refused = assertThrows(KernelException.class, () -> Errno.check(-Errno.EADDRINUSE, "bind"));
        assertEquals("bind: address already in use (EADDRINUSE)", refused.getMessage());
        assertEquals("bind", refused.call());
        assertEquals(Errno.EADDRINUSE, refused.errno());
        assertThrows(KernelException.class, () -> Errno.check(-1L, "splice"));
    }
}
