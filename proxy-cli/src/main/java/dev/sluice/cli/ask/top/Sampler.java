package dev.sluice.cli.ask.top;

import dev.sluice.cli.ask.EventFeed;
import dev.sluice.cli.ask.client.AdminClient;
import dev.sluice.cli.common.CommandFailure;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Asks a proxy again and again, on a thread of its own. One that does not answer is asked again, once a second at most. */
final class Sampler {
    private static final Duration PAUSE_WHEN_FAILED = Duration.ofSeconds(1);

    private final AdminClient client;
    private final EventFeed feed;
    private final Duration interval;
    private final Supplier<String> sort;
    private final Sink sink;
    private final Semaphore nudges = new Semaphore(0);

    /** Takes what was found. */
    @FunctionalInterface
    interface Sink {
        void put(Message message) throws InterruptedException;
    }

    /**
     * @param sort which sessions are asked for, as {@link Sample#take} has it; from the sampler's thread
     * @param sink may wait for room
     */
    Sampler(AdminClient client, EventFeed feed, Duration interval, Supplier<String> sort, Sink sink) {
        this.client = client;
        this.feed = feed;
        this.interval = interval;
        this.sort = sort;
        this.sink = sink;
    }

    /** Asks at once, from any thread. */
    void nudge() {
        nudges.release();
    }

    /** Until the thread is interrupted. */
    void run() throws InterruptedException {
        Duration pause = interval;
        while (true) {
            if (nudges.tryAcquire(pause.toNanos(), TimeUnit.NANOSECONDS)) {
                nudges.drainPermits();
            }
            try {
                sink.put(new Message.Sampled(Sample.take(client, sort.get(), feed)));
                pause = interval;
            } catch (CommandFailure e) {
                sink.put(new Message.Failed(String.valueOf(e.getMessage())));
                pause = interval.compareTo(PAUSE_WHEN_FAILED) > 0 ? interval : PAUSE_WHEN_FAILED;
            }
        }
    }
}
