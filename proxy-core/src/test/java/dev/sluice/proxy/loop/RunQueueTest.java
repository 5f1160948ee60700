package dev.sluice.proxy.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.sluice.proxy.testkit.Seeds;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RunQueueTest {
    private final RunQueue queue = new RunQueue();

    private static Handler handler() {
        return new Handler() {
            @Override
            public void onEvents(int tag, int events) {}
        };
    }

    private static List<Handler> handlers(int count) {
        List<Handler> handlers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            handlers.add(handler());
        }
        return handlers;
    }

    private void assertGives(List<Handler> wanted) {
        for (Handler handler : wanted) {
            assertSame(handler, queue.poll());
        }
        assertNull(queue.poll());
        assertEquals(0, queue.size());
    }

    @Test
    void firstComeFirstServed() {
        assertNull(queue.poll());
        List<Handler> handlers = handlers(5);
        handlers.forEach(queue::add);
        assertEquals(5, queue.size());
        assertGives(handlers);
    }

    @Test
    void oneThatAsksAgainStandsBehindTheOthers() {
        List<Handler> handlers = handlers(2);
        handlers.forEach(queue::add);
        queue.add(handlers.getFirst());
        assertGives(List.of(handlers.get(0), handlers.get(1), handlers.get(0)));
    }

    /** From every place in the ring, full and not, wrapped and not. */
    @Test
    void keepsTheOrderWhenItGrows() {
        for (int start = 0; start < 64; start++) {
            for (int size : new int[] {0, 1, 63, 64}) {
                for (int room : new int[] {65, 128, 129, 1000}) {
                    RunQueue ring = new RunQueue();
                    for (int i = 0; i < start; i++) {
                        ring.add(handler());
                        ring.poll();
                    }
                    List<Handler> handlers = handlers(size);
                    handlers.forEach(ring::add);
                    ring.reserve(room);
                    List<Handler> more = handlers(room - size);
                    more.forEach(ring::add);
                    handlers.addAll(more);
                    for (Handler handler : handlers) {
                        assertSame(handler, ring.poll(), "of " + size + " from " + start + " on, grown to " + room);
                    }
                    assertNull(ring.poll());
                }
            }
        }
    }

    @Test
    void isAQueueWhateverIsDoneWithIt() {
        Seeds.each(20, seed -> {
            SplittableRandom random = new SplittableRandom(seed);
            RunQueue ring = new RunQueue();
            Queue<Handler> model = new ArrayDeque<>();
            for (int i = 0; i < 5000; i++) {
                int dice = random.nextInt(100);
                if (dice < 52) {
                    Handler handler = handler();
                    ring.add(handler);
                    model.add(handler);
                } else if (dice < 99) {
                    assertSame(model.poll(), ring.poll());
                } else {
                    ring.reserve(random.nextInt(1, 2 * model.size() + 200));
                }
                assertEquals(model.size(), ring.size());
            }
        });
    }
}
