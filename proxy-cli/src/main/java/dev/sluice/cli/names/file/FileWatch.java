package dev.sluice.cli.names.file;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells when files change, however that is done: written in place, renamed over, switched by a symbolic link on the way (Kubernetes'
 * {@code ..data}), deleted, made again. It asks once a second, on one thread for all files: inotify(7) sees nothing of links on
 * the way and nothing on network file systems, and a stat(2) costs a microsecond.
 *
 * <p>A change is told when it has stood for one more question, so that a file that is being written is left alone until it is whole;
 * one that never comes to rest is told nevertheless, every ten questions. So a change is known within three seconds. Writers who
 * pause in the middle for longer should write another file and rename it.
 */
public final class FileWatch implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final String THREAD = "sluice-files";
    private static final int MAX_RESTLESS = 10;
    private static final long CLOSE_MILLIS = 1000;

    private final Duration interval;
    private final Consumer<RuntimeException> unexpected;
    private final List<Watched> files = new CopyOnWriteArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private @Nullable Thread thread;

    /**
     * No thread yet: the first file starts it.
     *
     * @param unexpected gets what a listener throws, on the thread of the watch; that goes on
     */
    public FileWatch(Consumer<RuntimeException> unexpected) {
        this(unexpected, INTERVAL);
    }

    FileWatch(Consumer<RuntimeException> unexpected, Duration interval) {
        this.unexpected = unexpected;
        this.interval = interval;
    }

    /** A file that is watched until this is closed; it may be told once more while that is done. */
    public final class Watched implements AutoCloseable {
        private final Path path;
        private final Consumer<Path> listener;
        private FileStamp told;
        private FileStamp last;
        private int restless;

        private Watched(Path path, Consumer<Path> listener) {
            this.path = path;
            this.listener = listener;
            this.told = FileStamp.of(path);
            this.last = told;
        }

        /** By the thread of the watch only. */
        private void ask() {
            FileStamp now = FileStamp.of(path);
            boolean rests = now.equals(last);
            last = now;
            restless = rests ? 0 : restless + 1;
            if (!now.equals(told) && (rests || restless == MAX_RESTLESS)) {
                told = now;
                restless = 0;
                listener.accept(path);
            }
        }

        @Override
        public void close() {
            files.remove(this);
        }
    }

    /**
     * Watches a file, there or not. To miss nothing, watch first and read then: what changes after this call is told.
     *
     * @param listener told of each change, on the thread of the watch, which waits for it; what has become of the file it must
     *     see for itself
     */
    public synchronized Watched watch(Path path, Consumer<Path> listener) {
        if (closed.getCount() == 0) {
            throw new IllegalStateException("closed");
        }
        Watched watched = new Watched(path, listener);
        files.add(watched);
        if (thread == null) {
            thread = Thread.ofPlatform().name(THREAD).daemon().start(this::run);
        }
        return watched;
    }

    private void run() {
        try {
            while (!closed.await(interval.toNanos(), TimeUnit.NANOSECONDS)) {
                poll();
            }
        } catch (InterruptedException e) {
            // Nobody has a reason to; it means an end like the other.
        }
    }

    /** Asks once for each file. */
    void poll() {
        for (Watched file : files) {
            try {
                file.ask();
            } catch (RuntimeException e) {
                unexpected.accept(e);
            }
        }
    }

    /** Ends the thread, and waits for it for a second at most: a file system may hang. */
    @Override
    public void close() {
        closed.countDown();
        Thread running;
        synchronized (this) {
            running = thread;
        }
        if (running != null && running != Thread.currentThread()) {
            try {
                running.join(CLOSE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
