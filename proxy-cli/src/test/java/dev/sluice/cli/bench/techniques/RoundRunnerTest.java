package dev.sluice.cli.bench.techniques;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.DescriptorLeakCheck;
import dev.sluice.cli.bench.lab.Pinning;
import dev.sluice.cli.bench.techniques.send.Catalogue;
import dev.sluice.cli.bench.techniques.send.Content;
import dev.sluice.cli.bench.techniques.send.Sender;
import dev.sluice.cli.bench.techniques.send.SourceFile;
import dev.sluice.cli.bench.techniques.send.Technique;
import dev.sluice.cli.bench.techniques.send.Unavailable;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxFileCalls;
import dev.sluice.linux.LinuxKernel;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A broken technique cannot win, and what is counted is what was called. */
@ExtendWith(DescriptorLeakCheck.class)
@Timeout(60)
class RoundRunnerTest {
    private static final int CHUNK = 16 << 10;
    private static final long SIZE = (1 << 20) + 3L * Content.PAGE;

    private final Content content = new Content();
    private Kernel kernel;
    private LinuxFileCalls files;
    private SourceFile file;
    private RoundRunner runner;

    @TempDir
    private Path folder;

    @BeforeEach
    void open() throws IOException {
        kernel = LinuxKernel.open();
        files = LinuxFileCalls.open();
        file = SourceFile.create(folder, SIZE, files);
        file.fill(content, kernel, files);
        runner = new RoundRunner(file, content, CHUNK, Pinning.suitable());
    }

    @AfterEach
    void close() {
        runner.close();
        file.close(kernel);
        files.close();
        kernel.close();
    }

    @Test
    void theFileHasNoName() throws IOException {
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of(), left.toList());
        }
        assertEquals(SIZE, Files.size(Path.of(file.path())));
    }

    @Test
    void everyTechniqueDeliversOrSaysWhyNot() {
        for (Technique technique : Catalogue.all()) {
            Sender sender;
            try {
                sender = runner.open(technique);
            } catch (Unavailable e) {
                assertTrue(e.reason().length() > 10, technique.name());
                continue;
            }
            Round round = org.junit.jupiter.api.Assertions.assertDoesNotThrow(
                    () -> runner.round(technique, sender, true), technique.name());
            assertEquals(SIZE, round.bytes());
            assertTrue(round.nanos() > 0);
            assertTrue(round.tally().calls() >= SIZE / CHUNK, technique.name());
            runner.close(sender);
        }
    }

    @Test
    void countsWhatIsCalledAndCopied() throws Unavailable {
        long chunks = SIZE / CHUNK + 1; // the last one is not a whole one
        Technique copy = named("read + write");
        Sender sender = runner.open(copy);
        Round round = runner.round(copy, sender, false);
        runner.close(sender);
        assertEquals(2 * chunks + 3, round.tally().calls(), "and open, the read that finds the end, close");
        assertEquals(SIZE, round.tally().intoUser());
        assertEquals(SIZE, round.tally().outOfUser());
        Technique sendfile = named("sendfile");
        sender = runner.open(sendfile);
        round = runner.round(sendfile, sender, false);
        runner.close(sender);
        assertEquals(chunks + 2, round.tally().calls(), "and open, close");
        assertEquals(0, round.tally().cpuCopied());
    }

    @Test
    void zeroCopyIsToldOfForEverySend() throws Unavailable {
        Technique technique = named("mmap + MSG_ZEROCOPY");
        Sender sender = runner.open(technique);
        Round round = runner.round(technique, sender, false);
        runner.close(sender);
        assertTrue(round.tally().zeroCopySends() >= SIZE / CHUNK);
        assertEquals(round.tally().zeroCopySends(), round.tally().zeroCopyCopied(), "loopback copies");
        assertEquals(SIZE, round.tally().outOfUser());
    }

    private static Technique named(String name) {
        return Catalogue.all().stream()
                .filter(technique -> technique.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void wrongBytesAreFound() {
        assertBroken("SHA-256", lane -> (line, tally) -> {
            MemorySegment zeros = lane.kernel().allocate(SIZE);
            lane.write(tally, line.socket(), zeros, 0, SIZE);
        });
    }

    @Test
    void missingBytesAreFound() {
        assertBroken("0 of " + SIZE, lane -> (line, tally) -> {
            // It sends nothing.
        });
    }

    @Test
    void aRefusedCallIsTheReason() {
        assertBroken(
                "sendfile: bad file descriptor (EBADF)",
                lane -> (line, tally) -> tally.call(lane.files().sendfile(line.socket(), -1, 1), "sendfile"));
    }

    private void assertBroken(String reason, Sender.Factory factory) {
        Technique technique = new Technique("broken", "file -> socket", null, false, false, List.of(), factory);
        Unavailable broken =
                assertThrows(Unavailable.class, () -> runner.round(technique, runner.open(technique), true));
        assertTrue(broken.reason().contains(reason), broken::reason);
    }
}
