package dev.sluice.proxy.control;

import dev.sluice.proxy.cpu.CpuQuota;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.LoopStats;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps loops from spinning while a CPU quota is nearly used. It asks every few seconds, on a thread of its own, and only while some loop
 * spins or is kept from it.
 */
final class QuotaWatch implements AutoCloseable {
    private static final long SECONDS = 3;
    /** Of a quota; what is used beyond may be what spinning uses. */
    private static final double NEARLY = 0.8;

    private final Supplier<CpuQuota.Reading> quota;
    private final Consumer<Boolean> withhold;
    private final List<LoopStats> loops;
    private final CountDownLatch closed = new CountDownLatch(1);

    private CpuQuota.@Nullable Reading last;
    private long lastAt;
    private long spins;
    private boolean withheld;

    QuotaWatch(Supplier<CpuQuota.Reading> quota, Consumer<Boolean> withhold, List<LoopStats> loops) {
        this.quota = quota;
        this.withhold = withhold;
        this.loops = loops;
    }

    /**
     * Begins. When there is no thread to be had, no loop spins: nobody would see that the quota is used.
     *
     * @return whether it watches
     */
    boolean start(ThreadFactory threads) {
        try {
            Thread thread = threads.newThread(this::run);
            thread.setName("sluice-quota");
            thread.setDaemon(true);
            thread.start();
            return true;
        } catch (OutOfMemoryError e) { // pthread_create(3), EAGAIN
            withhold.accept(true);
            return false;
        }
    }

    private void run() {
        try {
            while (!closed.await(SECONDS, TimeUnit.SECONDS)) {
                look(System.nanoTime());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Decides anew if somebody has spun.
     *
     * @param now nanoseconds
     */
    void look(long now) {
        long spun = 0;
        for (LoopStats loop : loops) {
            spun += loop.get(Counter.SPIN_HITS) + loop.get(Counter.SPIN_MISSES);
        }
        if (spun == spins && !withheld) {
            last = null; // what was used until now says nothing of the next seconds
            return;
        }
        spins = spun;
        CpuQuota.Reading reading = quota.get();
        withheld = reading.isLimited() && (reading.cores() < 1 || isNearlyUsed(reading, now));
        withhold.accept(withheld);
        last = reading;
        lastAt = now;
    }

    private boolean isNearlyUsed(CpuQuota.Reading reading, long now) {
        CpuQuota.Reading before = last;
        if (before == null) {
            return withheld;
        }
        if (reading.throttled() > before.throttled()) {
            return true;
        }
        long used = reading.usedNanos() < 0 ? 0 : reading.usedNanos() - before.usedNanos();
        return used > NEARLY * reading.cores() * (now - lastAt);
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
