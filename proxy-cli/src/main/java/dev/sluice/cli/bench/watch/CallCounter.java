package dev.sluice.cli.bench.watch;

import dev.sluice.cli.machine.Proc;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Instruments;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxKernel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Counts the system calls of processes, with a counter of perf_event_open(2) on each of their threads. While one of them is open,
 * every system call of the machine is a little slower: not for windows whose processor time is measured.
 */
public final class CallCounter implements AutoCloseable {
    private static final String EVENT = "events/raw_syscalls/sys_enter/id";
    private static final List<Path> TRACEFS =
            List.of(Path.of("/sys/kernel/tracing"), Path.of("/sys/kernel/debug/tracing"));

    private final Instruments instruments = Instruments.open();
    private final Kernel kernel = LinuxKernel.open();
    private final List<Integer> counters = new ArrayList<>();
    private final long tracepoint;
    private @Nullable String obstacle;

    /** A counter that may turn out not to be possible: see {@link #obstacle}. */
    public CallCounter() {
        long id = 0;
        for (Path folder : TRACEFS) {
            id = id == 0 ? new Proc(folder).number(EVENT, 0) : id;
        }
        this.tracepoint = id;
        if (id == 0) {
            obstacle = "tracefs is not mounted, or not for us to read";
        } else {
            int counter = instruments.count(id, 0);
            if (counter < 0) {
                obstacle = "perf_event_open: " + Errno.describe(-counter);
            } else {
                kernel.close(counter);
            }
        }
    }

    /** Why system calls cannot be counted here; null when they can. */
    public @Nullable String obstacle() {
        return obstacle;
    }

    /** Begins to count. */
    public void begin(List<Long> pids) {
        if (obstacle != null) {
            return;
        }
        for (long pid : pids) {
            for (long thread : Tasks.of(Proc.REAL, pid)) {
                int counter = instruments.count(tracepoint, thread);
                if (counter >= 0) { // else the thread has ended
                    counters.add(counter);
                }
            }
        }
    }

    /** The calls since {@link #begin}; −1 when they could not be counted. */
    public long end() {
        long sum = counters.isEmpty() ? -1 : 0;
        for (int counter : counters) {
            sum += Math.max(0, instruments.counted(counter));
            kernel.close(counter);
        }
        counters.clear();
        return sum;
    }

    @Override
    public void close() {
        end();
        kernel.close();
        instruments.close();
    }
}
