package dev.sluice.proxy.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.linux.Errno;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ListenerStatsTest {
    @Test
    void loopsAddUp() {
        ListenerStats stats = new ListenerStats("db", 2);
        stats.row(0).accepted();
        stats.row(1).accepted();
        stats.row(0).moved(true, true, 1);
        stats.row(1).moved(true, true, 10);
        stats.row(0).moved(true, false, 100);
        stats.row(1).moved(false, true, 1000);
        stats.row(0).moved(false, false, 10_000);
        assertEquals(2, stats.accepted());
        assertEquals(List.of(11L, 100L), List.of(stats.up(true), stats.up(false)));
        assertEquals(List.of(1000L, 10_000L), List.of(stats.down(true), stats.down(false)));
    }

    @Test
    void pausesAreCountedByWhatWasShort() {
        ListenerStats stats = new ListenerStats("db", 2);
        stats.row(0).paused(Errno.EMFILE);
        stats.row(1).paused(Errno.EMFILE);
        stats.row(1).paused(Errno.ENOMEM);
        stats.row(0).paused(Errno.EACCES);
        assertEquals(
                Map.of("EMFILE", 2L, "ENFILE", 0L, "ENOBUFS", 0L, "ENOMEM", 1L, "EIO", 0L, "other", 1L),
                stats.pauses());
        assertEquals(0, stats.accepted());
    }

    @Test
    void aSnapshotHasTheBytesOfAllListeners() {
        ListenerStats one = new ListenerStats("one", 1);
        ListenerStats two = new ListenerStats("two", 1);
        one.row(0).moved(true, true, 1);
        one.row(0).moved(true, false, 10);
        two.row(0).moved(false, true, 100);
        two.row(0).moved(false, false, 1000);
        ProxySnapshot snapshot = new ProxySnapshot(List.of(new LoopStats()), List.of(one, two));
        assertEquals(11, snapshot.get(Counter.BYTES_UP));
        assertEquals(1100, snapshot.get(Counter.BYTES_DOWN));
        assertEquals(101, snapshot.get(Counter.BYTES_SPLICED));
    }
}
