package dev.sluice.proxy.loop;

import dev.sluice.linux.Epoll;
import dev.sluice.linux.EpollEvents;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.LoopStats;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.TurnTimes;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One epoll(7) loop. A turn:
 *
 * <pre>
 *   wait for events ──▶ hand them out ──▶ handlers that asked for another turn ──▶ timers that are due ──▶ next turn
 * </pre>
 *
 * <p>It waits only when nobody asked for another turn, and never longer than to the next timer. All methods belong to the
 * loop's thread, but for {@link #post}.
 */
public final class EventLoop implements AutoCloseable {
    private static final int EVENTS_PER_TURN = 256;

    /** Of a turn, for those in the queue: nanoseconds. A large piece takes longer, and is then the only one. */
    private static final long QUEUE_NANOS = 50_000;

    private final Kernel kernel;
    private final Supplier<Kernel> kernels;
    private final LoopStats stats;
    private final @Nullable TurnTimes turnTimes;
    private final ProxyObserver observer;
    private final @Nullable Spinner spinner;
    private final int epoll;
    private final int eventfd;
    private final EpollEvents events;
    private final SlotTable slots = new SlotTable();
    private final TimerWheel timers;
    private final Mailbox mailbox;
    private final RunQueue again = new RunQueue();
    private long now = System.nanoTime();
    private long lastWholeTurn;
    private final RateLimit faultWarnings = RateLimit.ofWarnings();
    private boolean stopped;

    /**
     * @param kernel the calling thread's, which is the loop's
     * @param kernels opens a kernel for any other thread
     * @param spin whether to look for events for some time before sleeping
     * @throws dev.sluice.linux.KernelException when descriptors or memory run out
     */
    public EventLoop(Kernel kernel, Supplier<Kernel> kernels, LoopStats stats, ProxyObserver observer, Spin spin) {
        this.kernel = kernel;
        this.kernels = kernels;
        this.stats = stats;
        this.turnTimes = stats.turnTimes();
        this.observer = observer;
        timers = new TimerWheel(now, this::failed);
        events = new EpollEvents(kernel, EVENTS_PER_TURN);
        epoll = Errno.check(kernel.epollCreate(), "epoll_create1");
        int fd = kernel.eventfd();
        if (fd < 0) {
            kernel.close(epoll);
        }
        eventfd = Errno.check(fd, "eventfd");
        spinner = spin.nanos() == 0 ? null : new Spinner(kernel, epoll, events, stats, spin, now);
        mailbox = new Mailbox(kernel, eventfd, this::failed);
        int watched = watch(slots.acquire(mailbox), 0, eventfd, Epoll.IN);
        if (watched < 0) {
            close();
        }
        Errno.check(watched, "epoll_ctl");
    }

    /**
     * Turns until {@link #stop}, reads what was posted until then, tells every handler by {@link Handler#onStop}, and returns. When an
     * error that is no handler's ends it, they are told by {@link Handler#onFault}, and it is thrown.
     */
    public void run() {
        boolean inOrder = false;
        try {
            while (!stopped) {
                turn();
            }
            inOrder = true;
        } finally {
            stopped = true;
            end(inOrder);
        }
    }

    private void end(boolean inOrder) {
        attempt(mailbox, mailbox::end);
        for (int slot = 0; slot < slots.limit(); slot++) {
            Handler handler = slots.at(slot);
            if (handler != null) {
                attempt(handler, inOrder ? handler::onStop : handler::onFault);
            }
        }
    }

    /** Whatever it throws, the others are told too: what they have must be given back. */
    private void attempt(Handler handler, Runnable ending) {
        try {
            ending.run();
        } catch (RuntimeException | Error e) {
            failed(handler, e);
        }
    }

    /** One turn; waits when there is nothing to do. */
    void turn() {
        boolean idle = again.size() == 0;
        int count = idle ? await() : kernel.epollWait(epoll, events, 0);
        long before = now;
        now = System.nanoTime();
        if (spinner != null && idle) {
            spinner.waited(before, now);
        }
        stats.increment(Counter.TURNS);
        for (int i = 0; i < count; i++) {
            long data = events.data(i);
            Handler handler = slots.find(data);
            if (handler != null) {
                try {
                    handler.onEvents(SlotTable.tag(data), events.events(i));
                } catch (RuntimeException | OutOfMemoryError e) {
                    failed(handler, e);
                }
            }
        }
        if (count < EVENTS_PER_TURN) {
            lastWholeTurn = stats.get(Counter.TURNS);
        }
        if (again.size() > 0) {
            giveTurns();
        }
        timers.advance(now);
        if (turnTimes != null) {
            turnTimes.turned(now, System.nanoTime());
        }
    }

    /**
     * To those in the queue, one each, and to no more than there is time for: then epoll is looked at again, for what has come meanwhile may
     * be small. They have as much time as the events of this turn took, so that small ones, however many, do not starve them. Who joins now
     * waits for the next turn.
     */
    private void giveTurns() {
        int turns = again.size();
        long began = System.nanoTime();
        long time = Math.max(QUEUE_NANOS, began - now);
        do {
            Handler handler = again.poll();
            if (handler != null) {
                try {
                    handler.onTurn();
                } catch (RuntimeException | OutOfMemoryError e) {
                    failed(handler, e);
                }
            }
            turns--;
        } while (turns > 0 && System.nanoTime() - began < time);
    }

    /**
     * A handler that threw must not take the others with it. What it was doing is unknown, so it ends. The loop sees to it for those that it
     * calls; a handler that calls another one does it here.
     *
     * @param culprit its {@link Handler#onFault} is called, if it is a handler
     */
    public void failed(Object culprit, Throwable error) {
        try {
            if (faultWarnings.passes(now)) {
                observer.warning("internal error: " + error + " in "
                        + culprit.getClass().getSimpleName()
                        + (error.getStackTrace().length > 0 ? " at " + error.getStackTrace()[0] : "") + "; it is cut");
            }
        } catch (RuntimeException | OutOfMemoryError e) {
            // No memory to say so either. Nothing is added to the first error: it may be the same object, of which the
            // JVM
            // keeps one for want of memory, and that throws.
        }
        try {
            if (culprit instanceof Handler handler) {
                handler.onFault();
            }
        } catch (RuntimeException | Error e) {
            // It has failed for the second time: what it holds is lost, but nobody else suffers.
        }
    }

    /** Waits for events, spinning first if so configured. EINTR counts as none. */
    private int await() {
        int timeout = timers.timeoutMillis(now);
        if (spinner != null && timeout != 0) {
            int count = spinner.spin(now);
            if (count > 0) {
                return count;
            }
            timeout = timers.timeoutMillis(spinner.until());
        }
        if (timeout != 0) {
            stats.increment(Counter.SLEEPS);
        }
        return kernel.epollWait(epoll, events, timeout);
    }

    /**
     * From any thread: runs the task on the loop's thread, soon.
     *
     * @return false when the loop has ended, and never will
     */
    public boolean post(Runnable task) {
        try (Kernel mine = kernels.get()) {
            return mailbox.post(mine, mine.allocate(Long.BYTES), task);
        }
    }

    /**
     * From this loop's thread: runs the task on another loop's thread, soon.
     *
     * @return false when the other loop has ended, and never will
     */
    public boolean postTo(EventLoop other, Runnable task) {
        return mailbox.postTo(other.mailbox, task);
    }

    /** Ends {@link #run} after this turn. */
    public void stop() {
        stopped = true;
    }

    public boolean isStopped() {
        return stopped;
    }

    /** The time at the start of this turn: {@link System#nanoTime()}. */
    public long now() {
        return now;
    }

    public LoopStats stats() {
        return stats;
    }

    /**
     * Of the turns before this one, as {@link Counter#TURNS} counts them, the last in which handlers were told of all that was ready. In
     * those since then there was more than fits one look at epoll, and who was not told may have been ready all the same.
     */
    public long lastWholeTurn() {
        return lastWholeTurn;
    }

    /**
     * A slot for the handler's descriptors.
     *
     * @throws OutOfMemoryError when there is no room for one more; then nothing has changed
     */
    public int attach(Handler handler) {
        int slot = slots.acquire(handler);
        try {
            again.reserve(slots.limit());
        } catch (OutOfMemoryError e) {
            slots.release(slot);
            throw e;
        }
        return slot;
    }

    /** Another handler takes over the slot and all that is watched under it. */
    public void handOver(int slot, Handler handler) {
        slots.replace(slot, handler);
    }

    /**
     * Does this with whatever has one of these slots. What it fails for ends, and the others go on.
     *
     * @param from the first slot
     * @param count how many slots
     * @return the slot to go on with, −1 when there are no more
     */
    public int each(int from, int count, Consumer<Handler> task) {
        int slot = from;
        for (; slot < slots.limit() && slot < from + count; slot++) {
            Handler handler = slots.at(slot);
            if (handler != null) {
                attempt(handler, () -> task.accept(handler));
            }
        }
        return slot < slots.limit() ? slot : -1;
    }

    /** Frees the slot: no event reaches its handler any more. */
    public void detach(int slot) {
        slots.release(slot);
    }

    /**
     * epoll_ctl(2) ADD. Closing the descriptor ends the watch.
     *
     * @param tag 0 … 3, given back with the events
     * @param mask {@link Epoll} bits
     * @return 0 or −errno: ENOMEM, ENOSPC
     */
    public int watch(int slot, int tag, int fd, int mask) {
        return kernel.epollCtl(epoll, Epoll.ADD, fd, mask, slots.data(slot, tag));
    }

    /**
     * epoll_ctl(2) MOD with what the descriptor is watched for already. An edge-triggered watch then tells again of whatever
     * is ready at this moment.
     *
     * @return 0 or −errno
     */
    public int watchAgain(int slot, int tag, int fd, int mask) {
        return kernel.epollCtl(epoll, Epoll.MOD, fd, mask, slots.data(slot, tag));
    }

    /** epoll_ctl(2) DEL, for a descriptor that stays open. */
    public void unwatch(int fd) {
        kernel.epollCtl(epoll, Epoll.DEL, fd, 0, 0);
    }

    /** Another turn for the handler, after the next look at epoll. The handler sees to it that it asks once only. */
    public void again(Handler handler) {
        again.add(handler);
    }

    /**
     * Sets the timer's deadline, whether or not it had one.
     *
     * @param at in terms of {@link #now()}; up to 2.1 ms late, and more when there are hundreds at once
     */
    public void schedule(Timer timer, long at) {
        timers.schedule(timer, at);
    }

    public void cancel(Timer timer) {
        timers.cancel(timer);
    }

    /** Closes the loop's own descriptors. */
    @Override
    public void close() {
        if (spinner != null) {
            spinner.close();
        }
        kernel.close(epoll);
        mailbox.close();
    }
}
