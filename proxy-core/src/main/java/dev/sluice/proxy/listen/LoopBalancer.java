package dev.sluice.proxy.listen;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Which loop gets the next connection: the one with the fewest sessions, and the one that accepted it if none has fewer. So twenty
 * sessions are spread as evenly as twenty thousand. From any thread.
 */
public final class LoopBalancer {
    /**
     * How many sessions more a loop may have than another and still get one that is near to it: so that one that has just ended, and is not
     * counted out yet, sends the next one nowhere else.
     */
    private static final int LEAD = 1;

    private final List<AtomicInteger> loads;
    /** Of each loop; empty: they are not pinned. */
    private final List<Integer> cpus;

    private volatile List<Integer> alive;

    /**
     * @param loads of each loop: the sessions that it has or is about to be given, over all listeners
     * @param cpus that the loops are pinned to; empty: they are not
     */
    public LoopBalancer(List<AtomicInteger> loads, List<Integer> cpus) {
        this.loads = List.copyOf(loads);
        this.cpus = List.copyOf(cpus);
        this.alive = IntStream.range(0, loads.size()).boxed().toList();
    }

    /**
     * The loop with the least load, which is one more from now on.
     *
     * @param own the caller's loop: first among equals
     */
    public int choose(int own) {
        return choose(own, 0);
    }

    /**
     * The same where loops are pinned: the loop on the CPU where the connection's packets arrive, unless another has clearly less.
     *
     * @param cpu SO_INCOMING_CPU of socket(7), or −errno
     */
    public int chooseNear(int own, int cpu) {
        int near = cpus.indexOf(cpu);
        return near >= 0 && alive.contains(near) ? choose(near, LEAD) : choose(own);
    }

    /** Whether it matters where a connection's packets arrive. */
    public boolean isPinned() {
        return !cpus.isEmpty();
    }

    private int choose(int first, int lead) {
        int best = first;
        int least = loads.get(first).get() - lead;
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
