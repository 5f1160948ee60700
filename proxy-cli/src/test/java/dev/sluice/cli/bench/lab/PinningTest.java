package dev.sluice.cli.bench.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.cli.common.CommandFailure;
import java.util.List;
import org.junit.jupiter.api.Test;

class PinningTest {
    @Test
    void whoGetsWhich() {
        assertFalse(Pinning.among(List.of(3)).isOn());
        Pinning two = Pinning.among(List.of(2, 5));
        assertEquals(List.of(2, 5, 5), List.of(two.subject(), two.client(), two.server()));
        Pinning many = Pinning.among(List.of(4, 6, 8, 9));
        assertEquals(List.of(4, 6, 8), List.of(many.subject(), many.client(), many.server()));
    }

    @Test
    void twoThreadsOfACoreAreNotTwoCpus() {
        List<Integer> ordered = Pinning.ofCores(List.of(0, 1, 2, 3), cpu -> cpu < 2 ? "0-1" : "2,3");
        assertEquals(List.of(0, 2, 1, 3), ordered);
        assertEquals(List.of(0, 1), Pinning.ofCores(List.of(0, 1), cpu -> null));
    }

    @Test
    void listsOfNumbers() {
        assertEquals(List.of(0, 1, 2, 5, 8, 9), Pinning.parse("0-2,5,8-9"));
        assertEquals(List.of(0, 1, 2, 8), Pinning.parse(" 0-2,8\n"));
        assertEquals(List.of(7), Pinning.parse("7"));
        assertEquals(List.of(), Pinning.parse(""));
        assertEquals(List.of(), Pinning.parse("2-1"));
        assertEquals(List.of(), Pinning.parse("a"));
    }

    @Test
    void theSameProgramAgain() {
        assertEquals(
                List.of("/jdk/bin/java", "-Xms8m", "-jar", "/dist/sluice.jar"),
                SelfCommand.upToProgram(
                        "/jdk/bin/java", List.of("java", "-Xms8m", "-jar", "/dist/sluice.jar", "bench", "-jar", "x")));
        assertEquals(
                List.of("java", "-cp", "classes", "dev.sluice.cli.Entry"),
                SelfCommand.upToProgram("java", List.of("x", "-cp", "classes", "dev.sluice.cli.Entry", "bench")));
        assertThrows(CommandFailure.class, () -> SelfCommand.upToProgram("java", List.of("java", "Other")));
    }

    @Test
    void namespacesNeedTwoCapabilities() {
        assertFalse(Namespaces.allowed(1L << 12));
        assertFalse(Namespaces.allowed(1L << 21));
        assertEquals(true, Namespaces.allowed(1L << 12 | 1L << 21));
    }
}
