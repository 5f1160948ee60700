package dev.sluice.proxy.loop;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How long a thread has been ready to run and had to wait for a processor: the second number of {@code /proc/<pid>/schedstat}
 * (Documentation/scheduler/sched-stats.rst of the kernel). Of the thread that makes it, which alone uses it. It allocates nothing.
 */
class RunDelay implements LongSupplier, AutoCloseable {
    private final @Nullable RandomAccessFile file;
    /** Two numbers of 20 digits, and one of how often. */
    private final byte[] text = new byte[64];

    /** Where /proc is hidden, or the kernel does not count, it is −1. */
    RunDelay() {
        RandomAccessFile opened;
        try {
            opened = new RandomAccessFile("/proc/thread-self/schedstat", "r");
        } catch (IOException e) {
            opened = null;
        }
        file = opened;
    }

    /** Nanoseconds since ever; −1 where that is not known. */
    @Override
    public long getAsLong() {
        if (file == null) {
            return -1;
        }
        try {
            file.seek(0);
            return second(text, file.read(text));
        } catch (IOException e) {
            return -1;
        }
    }

    /** The second number of a line; −1 when there is none. */
    static long second(byte[] line, int length) {
        int i = 0;
        while (i < length && line[i] != ' ') {
            i++;
        }
        long value = -1;
        for (i++; i < length && line[i] >= '0' && line[i] <= '9'; i++) {
            value = Math.max(value, 0) * 10 + line[i] - '0';
        }
        return value;
    }

    @Override
    public void close() {
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                return; // it was read only
            }
        }
    }
}
