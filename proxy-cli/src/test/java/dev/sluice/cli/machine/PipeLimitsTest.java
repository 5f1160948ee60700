package dev.sluice.cli.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PipeLimitsTest {
    private static final PipeLimits DEFAULTS = new PipeLimits(4096, 1 << 20, 16_384, 0, false, false);

    @TempDir
    Path root;

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    @Test
    void theKernelsDefaults() {
        assertEquals(256, DEFAULTS.pipes(256 << 10));
        assertEquals(1024, DEFAULTS.pipes(64 << 10));
        assertEquals(64, DEFAULTS.pipes(1 << 20));
        assertTrue(DEFAULTS.allows(1 << 20));
        assertFalse(DEFAULTS.allows((1 << 20) + 1));
        assertEquals(64 << 10, DEFAULTS.granted(2 << 20));
    }

    @Test
    void sizesBecomePowersOfTwoPages() {
        assertEquals(4096, DEFAULTS.rounded(1));
        assertEquals(256 << 10, DEFAULTS.rounded(200_000));
        assertEquals(512 << 10, DEFAULTS.rounded((256 << 10) + 1));
        assertEquals(1 << 30, DEFAULTS.rounded(1 << 30));
    }

    @Test
    void noLimitIsNoLimit() {
        assertEquals(Long.MAX_VALUE, new PipeLimits(4096, 1 << 20, 0, 0, false, false).pipes(4096));
        assertEquals(10, new PipeLimits(4096, 1 << 20, 0, 10, false, false).pipes(4096));
        assertEquals(10, new PipeLimits(4096, 1 << 20, 20, 10, false, false).pipes(4096));
        assertEquals(Long.MAX_VALUE, new PipeLimits(4096, 1 << 20, 20, 10, true, true).pipes(4096));
        assertEquals(
                10,
                new PipeLimits(4096, 1 << 20, 20, 10, true, true).unprivileged().pipes(4096));
    }

    @Test
    void readFromTheKernel() throws IOException {
        write("sys/fs/pipe-max-size", "65536\n");
        write("sys/fs/pipe-user-pages-soft", "100\n");
        write("self/status", "Name:\tx\nCapEff:\t0000000000200000\nCapBnd:\tffff\n");
        Proc proc = new Proc(root);
        assertEquals(new PipeLimits(4096, 65536, 100, 0, false, true), PipeLimits.of(proc, 4096));
        write("self/status", "CapEff:\t000001ffffffffff\n");
        assertEquals(new PipeLimits(4096, 65536, 100, 0, true, true), PipeLimits.of(proc, 4096));
    }

    @Test
    void whatIsNotThere() {
        Proc proc = new Proc(root);
        assertNull(proc.text("sys/nothing"));
        assertEquals(7, proc.number("sys/nothing", 7));
        assertEquals(0, proc.capabilities());
        assertEquals(DEFAULTS, PipeLimits.of(proc, 4096));
    }

    @Test
    void theRealOne() {
        assertTrue(Proc.REAL.number("sys/fs/pipe-max-size", -1) >= 4096);
        assertTrue(Proc.REAL.number("sys/net/core/somaxconn", -1) > 0);
    }
}
