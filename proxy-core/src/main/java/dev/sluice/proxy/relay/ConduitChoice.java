package dev.sluice.proxy.relay;

import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.LoopStats;

/** Which conduit a flow fills next; asked when nothing of the flow is in flight. One of each kind for a loop. */
sealed interface ConduitChoice {

    /** A conduit that is ready to be filled. */
    Conduit next(Flow flow);

    /** A fill has brought bytes. */
    void filled(Flow flow, int bytes);

    /** Copies, always. */
    record Copying(CopyConduit copy) implements ConduitChoice {
        @Override
        public Conduit next(Flow flow) {
            return copy;
        }

        @Override
        public void filled(Flow flow, int bytes) {}
    }

    /** Splices, but for the flows that may not, and for the fills for which there is no pipe. */
    record Splicing(SpliceConduit splice, CopyConduit copy, SpliceSupport support, LoopStats stats)
            implements ConduitChoice {
        @Override
        public Conduit next(Flow flow) {
            if (!support.isFor(flow)) {
                return copy;
            }
            if (splice.ready(flow)) {
                return splice;
            }
            stats.increment(Counter.PIPE_FALLBACKS);
            return copy;
        }

        @Override
        public void filled(Flow flow, int bytes) {}
    }

    /**
     * Copies what comes in small pieces and splices what comes in large ones. A message costs two system calls either way; a
     * page moved by splice costs bookkeeping, a page copied costs cache and memory bandwidth. The two meet between 16 and 40 KiB
     * a read, and up to there copying answers sooner. So a flow starts with copying, goes over to splicing when its reads have
     * come to average more than 36 KiB, and back when they average less than 18 KiB. In between it stays what it is.
     */
    final class Adapting implements ConduitChoice {
        private static final int PROMOTE_ABOVE = 36 << 10;
        /** No read counts for more: one large one is not a sustained flow. */
        private static final int CEILING = 64 << 10;
        /** A read has this share in the average: seven full ones promote, ten small ones demote. */
        private static final int SHARE = 8;

        private final ConduitChoice splicing;
        private final CopyConduit copy;
        private final LoopStats stats;
        private final int promoteAbove;

        /**
         * @param copyBuffer the most that a read can bring while copying: a small one must be able to promote as well
         */
        Adapting(ConduitChoice splicing, CopyConduit copy, LoopStats stats, int copyBuffer) {
            this.splicing = splicing;
            this.copy = copy;
            this.stats = stats;
            this.promoteAbove = Math.min(PROMOTE_ABOVE, copyBuffer / 4 * 3);
        }

        @Override
        public Conduit next(Flow flow) {
            return flow.promoted ? splicing.next(flow) : copy;
        }

        @Override
        public void filled(Flow flow, int bytes) {
            flow.averageFill += (Math.min(bytes, CEILING) - flow.averageFill) / SHARE;
            if (!flow.promoted && flow.averageFill > promoteAbove) {
                flow.promoted = true;
                stats.increment(Counter.PROMOTIONS);
            } else if (flow.promoted && flow.averageFill < promoteAbove / 2) {
                flow.promoted = false;
                stats.increment(Counter.DEMOTIONS);
            }
        }
    }
}
