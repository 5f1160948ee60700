package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.relay.StashPool.Stash;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.LoopStats;
import dev.sluice.proxy.testkit.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StashPoolTest {
    private static final int KIB = 1 << 10;
    private static final int MIB = 1 << 20;

    private final LoopStats stats = new LoopStats();

    private StashPool pool(long limit) {
        return new StashPool(stats, limit);
    }

    private long used() {
        return stats.get(Counter.STASHED);
    }

    @Test
    void asMuchAsThereIsToKeep() {
        StashPool pool = pool(64 * MIB);
        long[][] sizes = {
            {1, KIB},
            {KIB, KIB},
            {KIB + 1, 2 * KIB},
            {33 * KIB, 64 * KIB},
            {64 * KIB, 64 * KIB},
            {65 * KIB, 68 * KIB},
            {3 * MIB + 1, 3 * MIB + 4 * KIB},
        };
        for (long[] size : sizes) {
            Stash stash = pool.borrow(size[0]);
            assertEquals(size[1], stash.memory().byteSize(), "for " + size[0]);
            assertEquals(size[1], used());
            pool.giveBack(stash);
            assertEquals(0, used());
        }
        pool.trim();
    }

    @Test
    void smallOnesAreUsedAgainAndLargeOnesGoBackToTheSystem() {
        StashPool pool = pool(64 * MIB);
        Stash small = pool.borrow(10 * KIB);
        pool.giveBack(small);
        assertSame(small, pool.borrow(16 * KIB));
        Stash large = pool.borrow(100 * KIB);
        pool.giveBack(large);
        assertFalse(large.memory().scope().isAlive());
        pool.giveBack(small);
        assertTrue(small.memory().scope().isAlive());
        pool.trim();
        assertFalse(small.memory().scope().isAlive());
    }

    @Test
    void aFewAreKeptAndNoMore() {
        StashPool pool = pool(64 * MIB);
        List<Stash> stashes = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            stashes.add(pool.borrow(64 * KIB));
        }
        stashes.forEach(pool::giveBack);
        assertEquals(
                8, stashes.stream().filter(s -> s.memory().scope().isAlive()).count());
        pool.trim();
    }

    @Test
    void roomIsWhatFits() {
        StashPool pool = pool(256 * KIB);
        assertEquals(64 * KIB, pool.room(64 * KIB));
        assertEquals(256 * KIB, pool.room(MIB), "as much as there is");
        List<Stash> stashes = new ArrayList<>();
        stashes.add(pool.borrow(150 * KIB)); // 104 KiB are left
        assertEquals(104 * KIB, pool.room(MIB));
        assertEquals(104 * KIB, pool.room(104 * KIB));
        assertEquals(64 * KIB, pool.room(64 * KIB));
        stashes.add(pool.borrow(64 * KIB)); // 40
        assertEquals(32 * KIB, pool.room(MIB), "33 KiB would take 64");
        stashes.add(pool.borrow(32 * KIB)); // 8
        assertEquals(0, pool.room(MIB), "too little to be worth it");
        assertEquals(KIB, pool.room(KIB), "unless no more is wanted");
        stashes.forEach(pool::giveBack);
        assertEquals(256 * KIB, pool.room(MIB));
        pool.trim();
    }

    /** Whoever reads what there is room for, and keeps any part of it, stays within the limit. */
    @Test
    void theLimitHolds() {
        Seeds.each(20, seed -> {
            SplittableRandom random = new SplittableRandom(seed);
            long limit = random.nextLong(64 * KIB, 4 * MIB);
            StashPool pool = pool(limit);
            List<Stash> held = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                long room = pool.room(random.nextLong(1, 2 * MIB));
                if (room > 0 && random.nextInt(3) > 0) {
                    held.add(pool.borrow(random.nextLong(1, room + 1)));
                } else if (!held.isEmpty()) {
                    pool.giveBack(held.remove(random.nextInt(held.size())));
                }
                assertTrue(used() <= limit, () -> used() + " of " + limit);
                assertEquals(held.stream().mapToLong(s -> s.memory().byteSize()).sum(), used());
            }
            held.forEach(pool::giveBack);
            assertEquals(0, used());
            pool.trim();
        });
    }
}
