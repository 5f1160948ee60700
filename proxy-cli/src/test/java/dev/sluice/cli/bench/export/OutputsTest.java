package dev.sluice.cli.bench.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.common.Console;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputsTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Console console = new Console(Map.of(), out, new PrintStream(err, false, StandardCharsets.UTF_8));

    @TempDir
    private Path folder;

    private static String text(ByteArrayOutputStream stream) {
        return stream.toString(StandardCharsets.UTF_8);
    }

    private static void refused(String why, Runnable asked) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, asked::run);
        assertTrue(String.valueOf(e.getMessage()).contains(why), e::getMessage);
    }

    @Test
    void theTableToStdoutAndWhatWasAskedForToItsFile() throws IOException {
        Path json = folder.resolve("x.json");
        List<String> made = new ArrayList<>();
        new Outputs()
                .to("--json", json.toString())
                .to("--csv", null)
                .write(
                        console,
                        "table\n",
                        Map.of(
                                "--json", () -> "{}\n",
                                "--csv",
                                        () -> {
                                            made.add("csv");
                                            return "";
                                        }));
        assertEquals("table\n", text(out));
        assertEquals("{}\n", Files.readString(json));
        assertEquals(List.of(), made, "what nobody asked for is not made");
    }

    @Test
    void stdoutIsForOne() {
        new Outputs().to("--csv", "-").write(console, "table\n", Map.of("--csv", () -> "a,b\n"));
        assertEquals("a,b\n", text(out));
        assertEquals("table\n", text(err));
        refused(
                "--csv - is taken by another output already: it is stdout",
                () -> new Outputs().to("--json", "-").to("--csv", "-"));
        refused("--csv x is taken", () -> new Outputs().to("--json", "x").to("--csv", "x"));
    }

    @Test
    void whatCannotBeWrittenIsRefusedAndNothingTouched() {
        refused(
                "--json " + folder + " cannot be written to: it is a folder",
                () -> new Outputs().to("--json", folder.toString()));
        refused("there is no folder " + folder + "/no", () -> new Outputs().to("--json", folder + "/no/x"));
        Path file = folder.resolve("y");
        new Outputs().to("--json", file.toString());
        assertFalse(Files.exists(file));
    }
}
