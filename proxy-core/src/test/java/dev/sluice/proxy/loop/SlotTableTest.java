package dev.sluice.proxy.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SlotTableTest {
    private final SlotTable slots = new SlotTable();

    private static Handler handler() {
        return new Handler() {
            @Override
            public void onEvents(int tag, int events) {}
        };
    }

    @Test
    void findsWhoHoldsTheSlot() {
        Handler handler = handler();
        int slot = slots.acquire(handler);
        for (int tag = 0; tag < 4; tag++) {
            long data = slots.data(slot, tag);
            assertSame(handler, slots.find(data));
            assertEquals(tag, SlotTable.tag(data));
            assertEquals(slot, SlotTable.slot(data));
        }
    }

    @Test
    void anEventOfTheFormerHolderFindsNobody() {
        int slot = slots.acquire(handler());
        long old = slots.data(slot, 1);
        slots.release(slot);
        assertNull(slots.find(old), "free");
        Handler next = handler();
        assertEquals(slot, slots.acquire(next), "the slot is used again");
        assertNull(slots.find(old), "somebody else's");
        assertSame(next, slots.find(slots.data(slot, 1)));
        assertNotEquals(old, slots.data(slot, 1));
    }

    @Test
    void eventsGoOnToWhoTakesOver() {
        int slot = slots.acquire(handler());
        long data = slots.data(slot, 0);
        Handler next = handler();
        slots.replace(slot, next);
        assertSame(next, slots.find(data));
    }

    @Test
    void everyHolderHasASlotOfHisOwnHoweverManyComeAndGo() {
        SplittableRandom random = new SplittableRandom(1);
        Map<Integer, Handler> held = new HashMap<>();
        Set<Long> gone = new HashSet<>();
        for (int i = 0; i < 20_000; i++) {
            if (random.nextInt(100) < 55) {
                Handler handler = handler();
                int slot = slots.acquire(handler);
                assertNull(held.put(slot, handler), "held already");
            } else if (!held.isEmpty()) {
                int slot = held.keySet().iterator().next();
                held.remove(slot);
                gone.add(slots.data(slot, 0));
                slots.release(slot);
            }
        }
        held.forEach((slot, handler) -> assertSame(handler, slots.find(slots.data(slot, 3))));
        gone.forEach(data -> assertNull(slots.find(data)));
        for (int slot = 0; slot < slots.limit(); slot++) {
            assertSame(held.get(slot), slots.at(slot));
        }
    }

    /** At every size at which a table grows: who was there before keeps slot and generation, and what was free stays free. */
    @Test
    void growingChangesNothingForThoseThatAreThere() {
        Map<Integer, Handler> held = new HashMap<>();
        Map<Integer, Long> events = new HashMap<>();
        Set<Long> gone = new HashSet<>();
        for (int size = 64; size <= 4096; size *= 2) {
            while (held.size() < size) {
                Handler handler = handler();
                int slot = slots.acquire(handler);
                assertNull(held.put(slot, handler), "held already");
                events.put(slot, slots.data(slot, 2));
            }
            assertEquals(size, slots.limit());
            // A generation further, so that one that grew with the wrong generations would show.
            for (int slot = 0; slot < size; slot += 3) {
                gone.add(events.remove(slot));
                held.remove(slot);
                slots.release(slot);
            }
            Handler next = handler(); // the free ones first
            int slot = slots.acquire(next);
            assertEquals(size, slots.limit());
            held.put(slot, next);
            events.put(slot, slots.data(slot, 2));
        }
        events.forEach((slot, data) -> assertSame(held.get(slot), slots.find(data)));
        gone.forEach(data -> assertNull(slots.find(data)));
    }

    /** Releasing needs no room of its own: all slots at once. */
    @Test
    void everySlotCanBeFreeAtOnceAndIsGivenOutAgain() {
        for (int round = 0; round < 3; round++) {
            Set<Integer> given = new HashSet<>();
            for (int i = 0; i < 1000; i++) {
                given.add(slots.acquire(handler()));
            }
            assertEquals(1000, given.size());
            assertEquals(1000, slots.limit());
            given.forEach(slots::release);
        }
    }
}
