package dev.sluice.cli.bench.techniques;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.bench.techniques.send.Tally;
import dev.sluice.cli.bench.techniques.send.Technique;
import dev.sluice.cli.bench.techniques.send.Unavailable;
import dev.sluice.linux.ResourceUsage;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is done with figures, without any being measured. */
class PartsTest {
    private static final Technique TECHNIQUE = new Technique(
            "a, \"b\"", "file -> socket", new Technique.Textbook(4, "2", 2), false, false, List.of("A note."), lane -> {
                throw new Unavailable("never");
            });

    private static Round round(long bytes, long millis, int calls) {
        Tally tally = new Tally();
        for (int i = 0; i < calls; i++) {
            tally.tried(0);
        }
        tally.copiedIn(bytes);
        tally.copiedOut(bytes);
        return new Round(bytes, millis * 1_000_000, new ResourceUsage(1_000, 2_000, 3, 1, 2, 5, 6), tally);
    }

    @Test
    void figuresOfARound() {
        Round round = round(1 << 20, 500, 32);
        assertEquals(2, round.mibPerSecond());
        assertEquals(3.072, round.cpuPerGib(), 1e-9);
        assertEquals(1.024, round.userPerGib(), 1e-9);
        assertEquals(32, round.callsPerMib());
        assertEquals(64, round.crossingsPerMib());
        assertEquals(4, round.crossingsPerChunk(64 << 10));
        assertEquals(4, round.faultsPerMib());
        assertEquals(5 * 1024, round.waitsPerGib());
        assertEquals(6 * 1024, round.preemptionsPerGib());
        assertEquals(2, round.cpuCopies());
        assertEquals(1, round.intoUser());
        assertEquals(1, round.outOfUser());
        assertEquals(1024.0 / (1 << 20), round.diskReads());
    }

    @Test
    void mediansAndSpread() {
        TechniqueResult result = new TechniqueResult(TECHNIQUE);
        assertFalse(result.measured());
        result.add(round(1 << 20, 1000, 0));
        result.add(round(1 << 20, 250, 0));
        assertEquals(2.5, result.median(Round::mibPerSecond));
        result.add(round(1 << 20, 500, 0));
        assertEquals(2, result.median(Round::mibPerSecond));
        assertEquals(1, result.spread(Round::mibPerSecond).min());
        assertEquals(4, result.spread(Round::mibPerSecond).max());
        assertTrue(result.measured());
        result.fail("broken");
        assertFalse(result.measured());
    }

    @Test
    void csvQuotesAndLeavesOpenWhatIsNotThere() {
        TechniqueResult result = new TechniqueResult(TECHNIQUE);
        result.fail("no, never");
        List<String> lines = Export.csv(List.of(result)).lines().toList();
        assertEquals(2, lines.size());
        assertTrue(lines.getLast().startsWith("\"a, \"\"b\"\"\",file -> socket,\"no, never\",0,,,"), lines::getLast);
        assertTrue(lines.getLast().endsWith(",4,2,2"), lines::getLast);
    }

    @Test
    void paragraphsAreIndentedAndLoseNoWord() {
        String words = "word ".repeat(60).strip();
        List<String> lines = Report.paragraph("12. ", words).lines().toList();
        assertTrue(lines.size() > 1);
        assertTrue(lines.getFirst().startsWith("12. word "));
        assertTrue(lines.stream().skip(1).allMatch(line -> line.startsWith("    word")));
        assertTrue(lines.stream().allMatch(line -> line.length() <= 112));
        assertEquals(
                words,
                String.join(" ", lines.stream().map(line -> line.substring(4)).toList()));
    }
}
