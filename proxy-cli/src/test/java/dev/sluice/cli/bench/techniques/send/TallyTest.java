package dev.sluice.cli.bench.techniques.send;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class TallyTest {
    @Test
    void whatADeviceTransfersIsNoCopyOfTheCpu() {
        Tally tally = new Tally();
        tally.transferredIn(10);
        tally.copiedOut(10);
        assertEquals(10, tally.intoUser());
        assertEquals(10, tally.cpuCopied());
    }
}
