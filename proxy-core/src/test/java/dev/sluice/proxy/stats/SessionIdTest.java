package dev.sluice.proxy.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionIdTest {
    private static final long LAST_OF_ALL = 255L << 48 | (1L << 48) - 1;

    @Test
    void noTwoAreTheSameOnAnyLoops() {
        Set<Long> ids = new HashSet<>();
        Set<String> words = new HashSet<>();
        for (int loop = 0; loop < 256; loop++) {
            SessionId.Source source = new SessionId.Source(loop);
            for (int i = 0; i < 100; i++) {
                long id = source.next();
                assertEquals(loop, SessionId.loop(id));
                assertTrue(ids.add(id));
                assertTrue(words.add(SessionId.text(id)));
                assertEquals(OptionalLong.of(id), SessionId.parse(SessionId.text(id)));
            }
        }
    }

    @Test
    void theWordIsShort() {
        String longest = SessionId.text(LAST_OF_ALL);
        assertTrue(longest.matches("[0-9a-z]{10}-[0-9a-z]+-[0-9a-z]+"), longest);
        assertEquals(24, longest.length());
        assertEquals(OptionalLong.of(LAST_OF_ALL), SessionId.parse(longest));
    }

    /** One that is loaded once more has drawn for itself, as one of another process has. */
    @Test
    void anotherProcessHasOtherWords() throws IOException, ReflectiveOperationException {
        URL classes = SessionId.class.getProtectionDomain().getCodeSource().getLocation();
        try (URLClassLoader other = new URLClassLoader(new URL[] {classes}, null)) {
            Object word = other.loadClass(SessionId.class.getName())
                    .getMethod("text", long.class)
                    .invoke(null, 1L);
            assertNotEquals(SessionId.text(1), word);
            assertEquals(OptionalLong.empty(), SessionId.parse((String) word));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-",
                "--",
                "-1-",
                "-0-1-1",
                "-0-",
                "--1",
                "-0-01",
                "-0-1 ",
                "-0-A",
                "-+0-1",
                "-0-zzzzzzzzzzzzzzzz"
            })
    void whatIsNoWordOfOursMeansNothing(String rest) {
        String ours = SessionId.text(1).split("-", 2)[0];
        assertEquals(OptionalLong.empty(), SessionId.parse(ours + rest));
        assertEquals(OptionalLong.empty(), SessionId.parse(rest));
    }
}
