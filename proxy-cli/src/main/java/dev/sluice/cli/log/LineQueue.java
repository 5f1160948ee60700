package dev.sluice.cli.log;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lines that the loops' threads hand in and a thread of its own writes, so that a slow reader of the output holds up no session.
 *
 * <p>Handing in never blocks. It wakes the writer only if the writer had nothing to do; after each batch the writer pauses for
 * {@link #PAUSE_NANOS}, so a busy loop pays for fifty wake-ups a second at most, and a line after silence is written at once. When
 * the reader is too slow the queue fills and further items are dropped. Lost items, those that could not be written included, are
 * counted and reported: when the loss begins, when it is over, and every {@link #TELL_NANOS} while it goes on.
 */
public final class LineQueue<T> implements AutoCloseable {
    static final int CAPACITY = 32_768;
    private static final long PAUSE_NANOS = 20_000_000;
    private static final long CLOSE_MILLIS = 2_000;
    private static final long TELL_NANOS = 10_000_000_000L;
    /** A write that takes so long may never end. */
    private static final long STUCK_NANOS = 1_000_000_000;

    private static final int BATCH_BYTES = 256 << 10;

    private final String what;
    /** Of the writer's thread, like what it is written with. */
    private volatile LineOutput out;

    private BiConsumer<T, Bytes> format;
    private final AtomicReference<@Nullable Redirection<T>> redirection = new AtomicReference<>();
    private final Ring<T> queue = new Ring<>(CAPACITY);
    /** Since they were last told of. */
    private final AtomicLong lost = new AtomicLong();

    private final AtomicLong dropped = new AtomicLong();
    private final Bytes batch = new Bytes();
    private final Consumer<String> tell;
    private final LongSupplier chore;
    private final Thread writer;
    private long toldAt;
    private volatile @Nullable Writing writing;
    private volatile boolean idle;
    private volatile boolean closing;
    private volatile boolean reopening;

    /** A write that is under way. */
    private record Writing(LineOutput out, long since) {}

    private record Redirection<T>(LineOutput out, BiConsumer<T, Bytes> format) {}

    /**
     * @param what the name of it all, for people
     * @param format appends an item as a line, with its line feed; called on the writer's thread only
     * @param tell receives a message about losses; called on any thread, and must not block
     */
    public LineQueue(String what, LineOutput out, BiConsumer<T, Bytes> format, Consumer<String> tell) {
        this(what, out, format, tell, () -> 0);
    }

    /**
     * The same with something else to do on the writer's thread, when it has nothing to write.
     *
     * @param chore must not block; answers the nanoseconds after which it is to be done again; 0: not before another item came
     */
    LineQueue(String what, LineOutput out, BiConsumer<T, Bytes> format, Consumer<String> tell, LongSupplier chore) {
        this.what = what;
        this.out = out;
        this.format = format;
        this.tell = tell;
        this.chore = chore;
        this.writer = new Thread(this::run, "sluice-" + what.replace(' ', '-'));
        writer.setDaemon(true);
    }

    /** Begins to write; what was handed in before waits until then. */
    public void start() {
        writer.start();
    }

    /** Hands in an item; from any thread, without blocking. */
    public void offer(T item) {
        if (!queue.offer(item)) {
            lose(1, "its reader is too slow");
            return;
        }
        if (idle) {
            idle = false;
            LockSupport.unpark(writer);
        }
    }

    /**
     * Writes to somewhere else from the next batch on, and closes what was written to until then. From any thread, without waiting.
     *
     * @param next belongs to this queue from now on; what is written to already stays open
     * @param lines how lines are written there
     */
    public void redirect(LineOutput next, BiConsumer<T, Bytes> lines) {
        Redirection<T> skipped = redirection.getAndSet(new Redirection<>(next, lines));
        if (skipped != null && !skipped.out().equals(next) && !skipped.out().equals(out)) {
            closeOutput(skipped.out());
        }
        Writing stuck = writing;
        if (stuck != null && !stuck.out().equals(next) && System.nanoTime() - stuck.since() > STUCK_NANOS) {
            attempt(stuck.out()::giveUp);
        }
        LockSupport.unpark(writer);
    }

    /** Has the output reopened before the next batch. From any thread, without waiting. */
    public void reopen() {
        reopening = true;
        LockSupport.unpark(writer);
    }

    private void followRedirection() {
        Redirection<T> next = redirection.getAndSet(null);
        if (next != null) {
            if (!next.out().equals(out)) {
                closeOutput(out);
            }
            out = next.out();
            format = next.format();
        }
        if (reopening) {
            reopening = false;
            attempt(out::reopen);
        }
    }

    private interface Closing {
        void run() throws IOException;
    }

    private void closeOutput(LineOutput done) {
        attempt(done::close);
        countLost(done.takeLost());
    }

    private void attempt(Closing closing) {
        try {
            closing.run();
        } catch (IOException e) {
            tell.accept(what + ": " + e.getMessage());
        }
    }

    private void lose(int items, String why) {
        if (items > 0 && countLost(items) == 0) {
            tell.accept(what + ": lines are being lost: " + why);
        }
    }

    private long countLost(int items) {
        dropped.getAndAdd(items);
        return lost.getAndAdd(items);
    }

    /** Items that were lost so far; from any thread. */
    long dropped() {
        return dropped.get();
    }

    private void tellLost() {
        long count = lost.getAndSet(0);
        if (count > 0) {
            tell.accept(what + ": " + count + (count == 1 ? " line was" : " lines were") + " lost");
        }
    }

    private void run() {
        while (true) {
            boolean last = closing;
            followRedirection();
            if (writeAll()) {
                if (!last) {
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            } else if (last) {
                return;
            } else {
                long pause = chore.getAsLong();
                idle = true;
                if (queue.isEmpty() && !closing && redirection.get() == null && !reopening) {
                    park(pause);
                }
                idle = false;
            }
        }
    }

    private void park(long nanos) {
        if (nanos > 0) {
            LockSupport.parkNanos(this, nanos);
        } else {
            LockSupport.park(this);
        }
    }

    /** Writes what is queued; whether there was anything. */
    private boolean writeAll() {
        int items = 0;
        int inBatch = 0;
        for (T item = queue.poll(); item != null; item = queue.poll()) {
            items++;
            inBatch++;
            append(item);
            if (batch.length() >= BATCH_BYTES) {
                write(inBatch);
                inBatch = 0;
            }
        }
        write(inBatch);
        return items > 0;
    }

    private void append(T item) {
        int before = batch.length();
        try {
            format.accept(item, batch);
        } catch (RuntimeException | OutOfMemoryError e) {
            batch.cut(before);
            lose(1, e.toString());
        }
    }

    private void write(int items) {
        if (items == 0) {
            return;
        }
        try {
            writing = new Writing(out, System.nanoTime());
            out.write(batch.array(), batch.length());
            lose(out.takeLost(), "the file was truncated while one was written");
            if (System.nanoTime() - toldAt >= TELL_NANOS) {
                toldAt = System.nanoTime();
                tellLost();
            }
        } catch (IOException e) {
            // The reader has gone, or a disk is full: the proxy goes on, and the next batch is another attempt.
            lose(items - out.kept() + out.takeLost(), String.valueOf(e.getMessage()));
        } catch (OutOfMemoryError e) {
            lose(items, String.valueOf(e.getMessage()));
        } finally {
            writing = null;
        }
        batch.cut(0);
    }

    /** Writes what is queued, also if it was never started, for as long as {@link #CLOSE_MILLIS} at most. */
    @Override
    public void close() {
        close(Duration.ofMillis(CLOSE_MILLIS));
    }

    void close(Duration most) {
        closing = true;
        if (writer.getState() == Thread.State.NEW) {
            writer.start();
        }
        LockSupport.unpark(writer);
        long end = System.nanoTime() + most.toNanos();
        boolean interrupted = Thread.interrupted();
        for (long left = most.toNanos(); left > 0 && writer.isAlive(); left = end - System.nanoTime()) {
            try {
                TimeUnit.NANOSECONDS.timedJoin(writer, left);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        countLost(queue.size());
        tellLost();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
