package dev.sluice.proxy.upstream;

import dev.sluice.proxy.stats.LoopCells;

/**
 * Round-robin over the members of an upstream. Each loop counts its own connections, and the sum over all loops says which member is
 * next: so connections one after the other go round exactly, whatever loops they are on, and no loop writes what another one writes.
 * Of connections that arrive on two loops at the same moment, both may get the same member.
 */
public final class Balancer {
    private final LoopCells connections;

    /**
     * Begins with the first member.
     *
     * @param loops how many loops there are
     */
    public Balancer(int loops) {
        connections = new LoopCells(loops, 1);
    }

    /**
     * The member that is next; on the thread of that loop.
     *
     * @param members how many there are, ≥ 1
     * @return 0 … members − 1
     */
    int first(int loop, int members) {
        long before = connections.sum(0);
        connections.add(loop, 0, 1);
        return (int) (before % members);
    }
}
