package dev.sluice.proxy.listen;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Which loop gets the next connection: the one with the fewest sessions, and the one that accepted it if none has fewer. So twenty
 * sessions are spread as evenly as twenty thousand. From any thread.
 */
public final class LoopBalancer {
    private final List<AtomicInteger> loads;
    private volatile List<Integer> alive;

    /**
     * @param loads of each loop: the sessions that it has or is about to be given, over all listeners
     */
    public LoopBalancer(List<AtomicInteger> loads) {
        this.loads = List.copyOf(loads);
        this.alive = IntStream.range(0, loads.size()).boxed().toList();
    }

    /**
     * The loop with the least load, which is one more from now on.
     *
     * @param own the caller's loop: first among equals
     */
    public int choose(int own) {
        int best = own;
        int least = loads.get(own).get();
        for (int i : alive) {
            int load = loads.get(i).get();
            if (load < least) {
                least = load;
                best = i;
            }
        }
        loads.get(best).incrementAndGet();
        return best;
    }

    /** The connection that the loop was chosen for has ended, or came to nothing. */
    public void release(int loop) {
        loads.get(loop).decrementAndGet();
    }

    /** Chooses a loop no more, because it has died. */
    public synchronized void exclude(int loop) {
        alive = alive.stream().filter(other -> other != loop).toList();
    }

    /** Connections of all loops, those on their way from one to another included. */
    public int total() {
        int sum = 0;
        for (AtomicInteger load : loads) {
            sum += load.get();
        }
        return sum;
    }

    /** The load of one loop. */
    public AtomicInteger load(int loop) {
        return loads.get(loop);
    }
}
