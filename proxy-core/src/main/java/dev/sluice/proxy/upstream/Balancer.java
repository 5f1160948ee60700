package dev.sluice.proxy.upstream;

import dev.sluice.proxy.config.Balance;

/** Who of those that take new connections gets this one. Has no memory of its own: what it needs is the connection's or the group's. */
sealed interface Balancer {
    /**
     * One of those that may be tried.
     *
     * @param tier at least one member
     * @param connection says who may be tried: not those that it has tried already, nor those that are full
     * @return a place in the tier, or {@link Tier#NOBODY}
     */
    int choose(Tier tier, Candidates connection);

    static Balancer of(Balance policy) {
        return switch (policy) {
            case ROUND_ROBIN -> new RoundRobin();
            case LEAST_SESSIONS -> new LeastSessions();
            case RANDOM_TWO -> new RandomTwo();
            case SOURCE_HASH -> new SourceHash();
        };
    }

    /**
     * Whose turn it is. When that one cannot be had, another is drawn by weight: so what one does not take is spread over all others, and
     * does not fall on the next one in the list.
     */
    record RoundRobin() implements Balancer {
        @Override
        public int choose(Tier tier, Candidates connection) {
            int next = tier.turn(connection.turn());
            return connection.mayTry(tier, next) ? next : tier.draw(connection, Tier.NOBODY);
        }
    }

    /**
     * The fewest sessions for its weight. Of equals, the first one from whose turn it is: so those that have nothing to do go round by
     * weight.
     */
    record LeastSessions() implements Balancer {
        @Override
        public int choose(Tier tier, Candidates connection) {
            int best = Tier.NOBODY;
            long fewest = 0;
            int size = tier.size();
            int i = tier.turn(connection.turn());
            for (int seen = 0; seen < size; seen++) {
                if (connection.mayTry(tier, i)) {
                    long sessions = tier.member(i).sessions();
                    if (best == Tier.NOBODY || sessions * tier.weight(best) < fewest * tier.weight(i)) {
                        best = i;
                        fewest = sessions;
                    }
                }
                i = i + 1 == size ? 0 : i + 1;
            }
            return best;
        }
    }

    /**
     * Two are drawn by weight, and the one with fewer sessions for its weight is taken. Almost as even as the fewest of all, without a look at
     * all; and several proxies before the same servers do not all run to the same one.
     */
    record RandomTwo() implements Balancer {
        @Override
        public int choose(Tier tier, Candidates connection) {
            int one = tier.draw(connection, Tier.NOBODY);
            if (one == Tier.NOBODY) {
                return one;
            }
            int other = tier.draw(connection, one);
            if (other == Tier.NOBODY) {
                return one;
            }
            long ofOne = tier.member(one).sessions();
            long ofOther = tier.member(other).sessions();
            return ofOther * tier.weight(one) < ofOne * tier.weight(other) ? other : one;
        }
    }

    /**
     * Weighted rendezvous hashing: each member and the client together make a number, and the lowest, divided by the weight, has the
     * client. A member that goes takes only its own clients with it, and one whose weight changes gives or gets only so many; the order of
     * members does not matter. (D. Thaler, C. Ravishankar: Using name-based mappings to increase hit rates, 1998; the logarithm makes the
     * shares those of the weights.)
     */
    record SourceHash() implements Balancer {
        private static final double UNIT = 0x1p-53;

        @Override
        public int choose(Tier tier, Candidates connection) {
            int best = Tier.NOBODY;
            double lowest = Double.POSITIVE_INFINITY;
            long client = Mix.of(connection.client());
            for (int i = 0; i < tier.size(); i++) {
                if (connection.mayTry(tier, i)) {
                    long hash = Mix.mix(tier.member(i).hash() ^ client);
                    // In (0, 1), so that the logarithm is finite and not 0; the strict one is the same everywhere.
                    double score = -StrictMath.log(((hash >>> 11) + 0.5) * UNIT) / tier.weight(i);
                    if (score < lowest) {
                        lowest = score;
                        best = i;
                    }
                }
            }
            return best;
        }
    }
}
