package dev.sluice.cli.bench.techniques;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import dev.sluice.cli.Cli;
import dev.sluice.cli.DescriptorLeakCheck;
import dev.sluice.cli.bench.techniques.send.Catalogue;
import dev.sluice.cli.bench.techniques.send.Technique;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(DescriptorLeakCheck.class)
@Timeout(60)
class TechniquesCommandTest {
    @TempDir
    private Path folder;

    private Cli.Result run(String... options) {
        List<String> words = new ArrayList<>(COMMAND);
        words.addAll(List.of(options));
        return Cli.run(words.toArray(String[]::new));
    }

    private Cli.Result measure(String... options) {
        List<String> words = new ArrayList<>(List.of("--size", "256KiB", "--rounds", "1", "--dir", folder.toString()));
        words.addAll(List.of(options));
        Cli.Result result = run(words.toArray(String[]::new));
        assertEquals(0, result.code(), result.err());
        return result;
    }

    @Test
    void theTableHasEveryTechnique() throws IOException {
        String out = measure().out();
        for (Technique technique : Catalogue.all()) {
            assertTrue(out.contains(technique.name()), () -> technique.name() + " in " + out);
        }
        for (String words : List.of("1 round in rotation", "copy-on-write", "DMA copies", "chunks of 64 KiB")) {
            assertTrue(out.contains(words), () -> words + " in " + out);
        }
        assertTrue(out.lines().noneMatch(line -> line.endsWith(" ")));
        assertFolderIsEmpty();
    }

    @Test
    void patternsAppendAndServe() throws IOException {
        String kafka = measure("--pattern", "kafka").out();
        assertTrue(kafka.contains("append") && kafka.contains("sendfile") && kafka.contains("Kafka"), kafka);
        String rocketmq = measure("--pattern", "rocketmq").out();
        assertTrue(rocketmq.contains("mmap + write") && rocketmq.contains("RocketMQ"), rocketmq);
        assertFolderIsEmpty();
    }

    @Test
    void figuresForPrograms() throws IOException, JsonParserException {
        Path csv = folder.resolve("figures.csv");
        Cli.Result result = measure("--json", "-", "--csv", csv.toString());
        JsonObject all = JsonParser.object().from(result.out());
        assertEquals("techniques", all.getString("benchmark"));
        assertEquals(256 << 10, all.getInt("size_bytes"));
        assertTrue(all.isNull("pattern") && all.has("pattern"), result.out());
        assertEquals(Catalogue.all().size(), all.getArray("techniques").size());
        assertTrue(result.err().contains("sendfile"), "the table");
        List<String> lines = Files.readAllLines(csv);
        assertEquals(Catalogue.all().size() + 1, lines.size());
        assertTrue(lines.getFirst().startsWith("technique,kind,"), lines.getFirst());
    }

    @Test
    void refusesBeforeItStarts() throws IOException {
        run("--dir", folder.resolve("none").toString()).assertComplains(2, "no such folder");
        run("--size", "512GiB", "--rounds", "9", "--dir", folder.toString()).assertComplains(2, "take hours");
        run("--size", "3KiB").assertComplains(2, "--size '3KiB' is out of range");
        run("--chunk", "5000").assertComplains(2, "--chunk '5000' is not a multiple of 4 KiB");
        run("--rounds", "0").assertComplains(2, "--rounds '0' is out of range");
        run("--pattern", "pulsar").assertComplains(2, "kafka, rocketmq");
        run("--json", folder.resolve("none/x").toString()).assertComplains(2, "cannot be written to");
        run("--json", "-", "--csv", "-").assertComplains(2, "stdout");
        long free = Files.getFileStore(folder).getUsableSpace();
        if (free < 1L << 39) {
            run("--size", "1024GiB", "--rounds", "1", "--dir", folder.toString())
                    .assertComplains(2, "MiB left");
        }
        run("--dir", "/proc").assertComplains(2, "/proc");
        assertFolderIsEmpty();
    }

    private void assertFolderIsEmpty() throws IOException {
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of(), left.toList());
        }
    }

    private static final List<String> COMMAND = List.of("bench", "techniques");
}
