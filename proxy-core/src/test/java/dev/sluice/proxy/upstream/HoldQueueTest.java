package dev.sluice.proxy.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.testkit.LoopRig;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who is tried when among connections that are held, and what waiting costs. */
class HoldQueueTest {
    private LoopRig rig;
    private HoldQueue queue;
    private int emptied;
    private final List<Integer> tried = new ArrayList<>();
    private HoldQueue.Held.Try next = HoldQueue.Held.Try.NOBODY;

    /** Does what the test says. */
    private final class Client implements HoldQueue.Held {
        final int number;

        Client(int number) {
            this.number = number;
        }

        @Override
        public Try tryAgain() {
            tried.add(number);
            return next;
        }

        @Override
        public Object faulty() {
            return this;
        }
    }

    @BeforeEach
    void open() {
        rig = new LoopRig(1);
        queue = new HoldQueue(rig.loop(), () -> emptied++);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private List<Client> hold(int count) {
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Client client = new Client(i);
            queue.join(client);
            clients.add(client);
        }
        return clients;
    }

    @Test
    void theFirstAsksForAllAndLessAndLessOften() {
        hold(1000);
        rig.turnFor(3200);
        assertTrue(tried.stream().allMatch(number -> number == 0), tried::toString);
        // After 50, 150, 350, 750, 1550 and 2550 ms.
        assertTrue(tried.size() >= 4 && tried.size() <= 6, tried::toString);
    }

    @Test
    void oneMoreAtATimeWithEachThatIsConnected() {
        hold(20);
        next = HoldQueue.Held.Try.BEGUN;
        queue.wake();
        assertEquals(List.of(0), tried);
        queue.ended(true);
        assertEquals(List.of(0, 1, 2), tried);
        queue.ended(true);
        assertEquals(5, tried.size(), "three at a time");
        queue.ended(false);
        assertEquals(5, tried.size());
        queue.ended(false);
        queue.ended(false);
        queue.wake();
        assertEquals(6, tried.size(), "one at a time again");
        assertEquals(0, emptied);
    }

    @Test
    void allAreServedInTheOrderInWhichTheyCame() {
        hold(500);
        next = HoldQueue.Held.Try.BEGUN;
        queue.wake();
        for (int i = 0; i < 500; i++) {
            assertTrue(tried.size() - i <= HoldQueue.MOST_AT_ONCE);
            queue.ended(true);
        }
        for (int i = 0; i < 500; i++) {
            assertEquals(i, tried.get(i));
        }
        assertEquals(500, tried.size());
        assertFalse(queue.isHolding());
        assertEquals(1, emptied, "when the last attempt has ended");
    }

    /** It is connected before tryAgain returns, as a unix socket is. */
    @Test
    void whoIsDoneAtOnceMakesRoomForTheNext() {
        hold(3);
        next = HoldQueue.Held.Try.CONNECTED;
        queue.wake();
        assertEquals(List.of(0, 1, 2), tried);
        assertEquals(1, emptied);
    }

    @Test
    void whoLeavesIsNotTried() {
        List<Client> clients = hold(3);
        queue.leave(clients.get(0));
        queue.leave(clients.get(2));
        queue.leave(clients.get(2));
        next = HoldQueue.Held.Try.BEGUN;
        queue.wake();
        queue.ended(true);
        assertEquals(List.of(1), tried);
        assertEquals(1, emptied);
        rig.turnFor(120);
        assertEquals(1, tried.size(), "and nobody asks any more");
    }

    /** An attempt that fails joins again, at the end: it does not keep the others waiting. */
    @Test
    void whoFailsGoesToTheEnd() {
        List<Client> clients = hold(3);
        next = HoldQueue.Held.Try.BEGUN;
        queue.wake();
        queue.join(clients.getFirst());
        queue.ended(false);
        queue.wake();
        queue.ended(true);
        assertEquals(List.of(0, 1, 2, 0), tried);
    }

    @Test
    void whoFailsAtOnceSaysThatItIsTooEarlyForTheOthers() {
        queue.join(new HoldQueue.Held() {
            @Override
            public Try tryAgain() {
                tried.add(7);
                queue.join(this);
                return Try.FAILED;
            }

            @Override
            public Object faulty() {
                return this;
            }
        });
        hold(1);
        queue.wake();
        assertEquals(List.of(7), tried);
        next = HoldQueue.Held.Try.CONNECTED;
        queue.wake();
        assertEquals(List.of(7, 0, 7), tried);
        assertTrue(queue.isHolding());
    }

    /** A bug in one must not keep the others waiting. */
    @Test
    void oneThatThrowsIsOut() {
        queue.join(new HoldQueue.Held() {
            @Override
            public Try tryAgain() {
                throw new IllegalStateException("scripted");
            }

            @Override
            public Object faulty() {
                return this;
            }
        });
        hold(1);
        next = HoldQueue.Held.Try.BEGUN;
        queue.wake();
        queue.wake();
        assertEquals(List.of(0), tried, "the next one");
        assertEquals(1, rig.warnings.size(), rig.warnings::toString);
    }
}
