package dev.sluice.proxy.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LoopCellsTest {
    /** Every cell is its own, however many there are. */
    @Test
    void noCellIsAnother() {
        for (int loops : new int[] {1, 2, 3, 16}) {
            for (int columns : new int[] {1, 3, 15, 16, 17, 40}) {
                LoopCells cells = new LoopCells(loops, columns);
                long[] sums = new long[columns];
                for (int loop = 0; loop < loops; loop++) {
                    for (int column = 0; column < columns; column++) {
                        long amount = 1 + column + 1000L * loop;
                        cells.add(loop, column, amount);
                        sums[column] += amount;
                    }
                }
                for (int column = 0; column < columns; column++) {
                    assertEquals(sums[column], cells.sum(column), loops + " × " + columns + ", column " + column);
                }
            }
        }
    }

    @Test
    void whatIsTakenAwayIsGone() {
        LoopCells cells = new LoopCells(2, 1);
        cells.add(0, 0, 5);
        cells.add(1, 0, -7);
        assertEquals(-2, cells.sum(0));
    }

    /** A reader never sees a column go back that only grows, and all of it in the end. */
    @Test
    void aReaderSeesEveryColumnMove() throws InterruptedException {
        int loops = 3;
        int each = 200_000;
        LoopCells cells = new LoopCells(loops, 2);
        AtomicBoolean done = new AtomicBoolean();
        AtomicBoolean wentBack = new AtomicBoolean();
        Thread reader = new Thread(() -> {
            long last = 0;
            while (!done.get()) {
                long now = cells.sum(1);
                if (now < last) {
                    wentBack.set(true);
                }
                last = now;
            }
        });
        List<Thread> writers = new ArrayList<>();
        for (int t = 0; t < loops; t++) {
            int loop = t;
            writers.add(new Thread(() -> {
                for (int i = 0; i < each; i++) {
                    cells.add(loop, 0, 1);
                    cells.add(loop, 1, 1);
                }
            }));
        }
        reader.start();
        writers.forEach(Thread::start);
        for (Thread writer : writers) {
            writer.join();
        }
        done.set(true);
        reader.join();
        assertEquals((long) loops * each, cells.sum(0));
        assertEquals((long) loops * each, cells.sum(1));
        assertTrue(!wentBack.get(), "a sum went back");
    }
}
