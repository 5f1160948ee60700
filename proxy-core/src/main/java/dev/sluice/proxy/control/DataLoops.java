package dev.sluice.proxy.control;

import dev.sluice.linux.Kernel;
import dev.sluice.proxy.arrive.Routes;
import dev.sluice.proxy.listen.ListenSocket;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.upstream.Endpoint;
import dev.sluice.proxy.upstream.UpstreamState;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * All data loops, for control: what it has them do, and when all of them have. One that has died is passed over. On control's thread, but
 * where it says otherwise.
 */
final class DataLoops {
    private final Supplier<Kernel> kernels;
    private final EventLoop loop;
    private final List<LoopThread<DataLoop>> loops;
    private final ListenSockets sockets;
    private final Looking looking = new Looking();
    /** Not wanted any more, and still open: the next swap's to close. */
    private final Queue<ListenSocket> gone = new ConcurrentLinkedQueue<>();
    /** Of those, how many the first loop still accepts on, since there were no descriptors for all who had connected. */
    private final AtomicInteger leaving = new AtomicInteger();

    /**
     * @param kernels gives each thread that asks a kernel of its own
     * @param loop control's
     * @param loops started
     * @param sockets closes what is not wanted any more
     */
    DataLoops(Supplier<Kernel> kernels, EventLoop loop, List<LoopThread<DataLoop>> loops, ListenSockets sockets) {
        this.kernels = kernels;
        this.loop = loop;
        this.loops = loops;
        this.sockets = sockets;
    }

    /** How many there are, those that have died included. */
    int count() {
        return loops.size();
    }

    /** Whether none is left. */
    boolean haveDied() {
        return alive().isEmpty();
    }

    private List<LoopThread<DataLoop>> alive() {
        return loops.stream().filter(thread -> !thread.ended().isDone()).toList();
    }

    /** These sockets are not wanted any more; they are closed in the next {@link #swap}. */
    void discard(Collection<ListenSocket> unwanted) {
        gone.addAll(unwanted);
    }

    /**
     * All loops go over to other routes. Once control's loop has ended, it may be called by another thread.
     *
     * <p>The first loop is the last to go over, and the one that closes the sockets that are gone: no other loop accepts on them any more, and
     * between its last look at a backlog and the close there is no time for anybody to connect but by chance. A loop that has no memory
     * to go over wholly keeps nobody else from it; what it threw is the answer.
     *
     * <p>Another one may be under way: it closes none of the sockets that go with this one, which loops accept on until then.
     */
    CompletableFuture<Void> swap(Routes next) {
        Queue<ListenSocket> closing = new ConcurrentLinkedQueue<>();
        try {
            return swap(next, closing);
        } catch (RuntimeException | OutOfMemoryError e) {
            gone.addAll(closing);
            throw e;
        }
    }

    private CompletableFuture<Void> swap(Routes next, Queue<ListenSocket> closing) {
        List<LoopThread<DataLoop>> alive = alive();
        ListenSocket unwanted;
        while ((unwanted = gone.poll()) != null) {
            closing.add(unwanted);
        }
        CompletableFuture<?>[] others = alive.stream()
                .skip(1)
                .map(thread -> thread.call(() -> thread.on().reception().swap(next)))
                .toArray(CompletableFuture[]::new);
        CompletableFuture<Void> most = CompletableFuture.allOf(others);
        return most.handle((swapped, error) -> error == null)
                .thenCompose(all -> last(alive, next, closing))
                .thenAccept(done -> {
                    if (!done) {
                        try (Kernel own = kernels.get()) { // on any thread
                            closeAll(closing, own);
                        }
                    }
                })
                .thenCompose(closed -> most);
    }

    /** @return whether the sockets that are gone are closed; false when there is no loop to do it */
    private CompletableFuture<Boolean> last(
            List<LoopThread<DataLoop>> alive, Routes next, Queue<ListenSocket> unwanted) {
        if (alive.isEmpty()) {
            return CompletableFuture.completedFuture(false);
        }
        LoopThread<DataLoop> first = alive.getFirst();
        Kernel kernel = first.on().relay().kernel();
        return first.call(() -> {
            try {
                first.on().reception().swap(next, socket -> unwanted.remove(socket) ? closing(socket, kernel) : null);
            } finally {
                closeAll(unwanted, kernel); // those on which this loop never accepted
            }
        });
    }

    private Runnable closing(ListenSocket socket, Kernel kernel) {
        leaving.incrementAndGet();
        return () -> {
            try {
                sockets.close(socket, kernel);
            } finally {
                leaving.decrementAndGet();
            }
        };
    }

    /** Whether clients wait for descriptors on a socket that is not wanted any more; from any thread. */
    boolean isLeaving() {
        return leaving.get() > 0;
    }

    private void closeAll(Queue<ListenSocket> unwanted, Kernel kernel) {
        ListenSocket socket;
        while ((socket = unwanted.poll()) != null) {
            sockets.close(socket, kernel);
        }
    }

    /** From any thread, as often as there is room: those who came before the loops have looked are one. */
    void wakeSoon(UpstreamState state) {
        if (state.startWake()) {
            try {
                loop.post(() -> {
                    state.endWake();
                    var _ = wake(state);
                });
            } catch (RuntimeException | OutOfMemoryError e) {
                state.endWake(); // the next one wakes them, or they look by themselves
            }
        }
    }

    /** When the last connection ended on any of them; none when none has. */
    OptionalLong lastEnd() {
        OptionalLong last = OptionalLong.empty();
        for (LoopThread<DataLoop> thread : loops) {
            OptionalLong end = thread.on().relay().lastEnd();
            if (end.isPresent() && (last.isEmpty() || end.getAsLong() - last.getAsLong() > 0)) {
                last = end;
            }
        }
        return last;
    }

    /** Those that are held for an upstream try. */
    CompletableFuture<Void> wake(UpstreamState state) {
        return CompletableFuture.allOf(alive().stream()
                .map(thread -> thread.call(() -> thread.on().reception().wake(state)))
                .toArray(CompletableFuture[]::new));
    }

    /** What somebody else was woken for is looked for, on every loop. */
    void look() {
        looking.begin();
    }

    /**
     * Ends the sessions of an endpoint. Of one that is down, no new ones come behind these: it was set down before, and a loop sees that
     * with the letter at the latest.
     *
     * @param cause why
     */
    CompletableFuture<Void> endSessions(Endpoint endpoint, EndCause cause) {
        return CompletableFuture.allOf(alive().stream()
                .map(thread -> thread.<Integer>ask(on -> on.reception().endSessions(endpoint, cause))
                        .exceptionally(error -> 0)) // a loop that has ended has none
                .toArray(CompletableFuture[]::new));
    }

    /** An endpoint is down, and keeps its sessions; who is on the way there goes elsewhere. */
    void avoid(Endpoint endpoint) {
        for (LoopThread<DataLoop> thread : alive()) {
            var _ = thread.call(() -> thread.on().reception().avoid(endpoint));
        }
    }

    /**
     * Ends some sessions of an upstream.
     *
     * @param fraction of them, 0 … 1
     * @return how many
     */
    CompletableFuture<Integer> rebalance(String upstream, double fraction) {
        CompletableFuture<Integer> sum = CompletableFuture.completedFuture(0);
        for (LoopThread<DataLoop> thread : alive()) {
            CompletableFuture<Integer> ended = thread.<Integer>ask(
                            on -> on.reception().rebalance(upstream, fraction))
                    .exceptionally(error -> 0);
            sum = sum.thenCombine(ended, Integer::sum);
        }
        return sum;
    }

    /** A process that dies may take wake-ups with it until the last of its descriptors is closed: so it looks more than once. */
    private final class Looking extends Timer {
        private static final long[] PAUSES_NANOS = {100_000_000, 1_000_000_000};
        private int looks;

        void begin() {
            looks = 0;
            onTimer(loop.now());
        }

        @Override
        protected void onTimer(long now) {
            if (looks < PAUSES_NANOS.length) {
                loop.schedule(this, now + PAUSES_NANOS[looks++]);
            } else {
                loop.cancel(this);
            }
            for (LoopThread<DataLoop> thread : alive()) {
                var _ = thread.call(() -> thread.on().reception().look());
            }
        }
    }
}
