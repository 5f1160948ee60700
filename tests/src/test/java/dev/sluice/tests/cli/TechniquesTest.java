package dev.sluice.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.tests.testkit.SluiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code sluice bench techniques}, as a process. */
@Timeout(60)
class TechniquesTest {
    private static final int SIZE = 16 << 20;
    private static final int CHUNK = 64 << 10;

    @TempDir
    private Path folder;

    private SluiceProcess techniques(String... options) {
        List<String> words = Stream.concat(
                        Stream.of("bench", "techniques", "--dir", folder.toString()), Stream.of(options))
                .toList();
        return SluiceProcess.start(Map.of(), words.toArray(String[]::new));
    }

    @Test
    void everyTechniqueIsMeasuredOrSaysWhyNot() {
        try (SluiceProcess sluice = techniques("--size", "16MiB", "--rounds", "1", "--json", "-")) {
            assertEquals(0, sluice.awaitExit());
            JsonObject all =
                    JsonParser.parseString(String.join("\n", sluice.stdout())).getAsJsonObject();
            assertEquals(SIZE, all.get("size_bytes").getAsInt());
            int measured = 0;
            for (JsonElement element : all.getAsJsonArray("techniques")) {
                JsonObject technique = element.getAsJsonObject();
                if (technique.get("not_measured").isJsonNull()) {
                    assertPlausible(technique);
                    measured++;
                } else {
                    assertFalse(technique.get("not_measured").getAsString().contains("broken"), technique::toString);
                }
            }
            assertTrue(measured >= 8, all::toString);
        }
        assertNothingIsLeft();
    }

    private static void assertPlausible(JsonObject technique) {
        assertTrue(technique.get("mib_per_second").getAsDouble() > 1, technique::toString);
        // Zero is possible: so little may pass between two ticks of the kernel's accounting.
        assertTrue(technique.get("cpu_seconds_per_gib").getAsDouble() >= 0, technique::toString);
        double calls = technique.get("system_calls_per_mib").getAsDouble();
        assertTrue(calls >= (1 << 20) / CHUNK && calls < 1000, technique::toString);
        assertEquals(2 * calls, technique.get("crossings_per_mib").getAsDouble(), 1e-9);
        String name = technique.get("technique").getAsString();
        boolean copies = name.contains("+ write") || name.contains("MSG_ZEROCOPY") || name.contains("DMA-BUF");
        assertEquals(
                copies, technique.get("bytes_out_of_user_space").getAsDouble() > 0, "only those copy: " + technique);
    }

    @Test
    void interruptedItShowsWhatItHasAndLeavesNothing() throws Exception {
        try (SluiceProcess sluice = techniques("--size", "1MiB", "--rounds", "1000", "--chunk", "4KiB")) {
            sluice.awaitStderr("rounds", line -> line.contains("measuring"));
            Thread.sleep(2_000); // a round of all takes some hundredths of a second, a thousand half a minute
            assertNothingIsLeft();
            sluice.signal("INT");
            assertEquals(130, sluice.awaitExit());
            assertTrue(sluice.stdout().getFirst().contains("of 1000 rounds (interrupted)"), sluice::toString);
            assertTrue(sluice.stdout().stream().anyMatch(line -> line.contains("sendfile")), sluice::toString);
        }
        assertNothingIsLeft();
    }

    @Test
    void whatCannotBeDoneIsRefusedInOneLine() {
        try (SluiceProcess sluice = SluiceProcess.start(Map.of(), "bench", "techniques", "--dir", "/nonexistent")) {
            assertEquals(2, sluice.awaitExit());
            assertEquals(1, sluice.stderr().size(), sluice::toString);
        }
    }

    private void assertNothingIsLeft() {
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of(), left.toList());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
