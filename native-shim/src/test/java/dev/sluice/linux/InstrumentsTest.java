package dev.sluice.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Against the real kernel. */
class InstrumentsTest extends RealKernel {
    private static final Path SYS_ENTER = Path.of("/sys/kernel/tracing/events/raw_syscalls/sys_enter/id");
    private static final long NOBODY = 4_194_304; // beyond the largest pid

    @Test
    void processorTimeGrowsByWhatIsUsed() {
        try (Instruments instruments = Instruments.open()) {
            long pid = ProcessHandle.current().pid();
            long before = instruments.cpuNanos(pid);
            long end = System.nanoTime() + 50_000_000;
            long used = 0;
            while (used < 20_000_000 && System.nanoTime() < end + 5_000_000_000L) {
                used = instruments.cpuNanos(pid) - before;
            }
            assertTrue(before > 0);
            assertTrue(used >= 20_000_000, () -> "only " + (instruments.cpuNanos(pid) - before));
        }
    }

    @Test
    void aProcessThatIsNotThereHasNoTime() {
        try (Instruments instruments = Instruments.open()) {
            assertEquals(-Errno.EINVAL, instruments.cpuNanos(NOBODY));
        }
    }

    private static long tracepoint() throws IOException {
        assumeTrue(
                Files.isReadable(SYS_ENTER),
                "needs to read " + SYS_ENTER + " (as root: mount -t tracefs none /sys/kernel/tracing)");
        return Long.parseLong(Files.readString(SYS_ENTER).strip());
    }

    @Test
    void countsTheSystemCallsOfAThread() throws IOException {
        long tracepoint = tracepoint();
        Pair pipe = pipe();
        try (Instruments instruments = Instruments.open()) {
            int counter = instruments.count(tracepoint, 0); // 0: the calling thread
            assumeTrue(
                    counter >= 0,
                    () -> "needs perf_event_open (root, or sysctl kernel.perf_event_paranoid=-1): "
                            + Errno.describe(-counter));
            own(counter);
            long before = instruments.counted(counter);
            for (int i = 0; i < 1000; i++) {
                kernel.recv(pipe.a(), buffer, 0, 1, 0); // ENOTSOCK is a call too
            }
            long counted = instruments.counted(counter) - before;
            assertTrue(counted >= 1000 && counted < 1500, () -> counted + " calls");
        }
    }

    @Test
    void nothingIsCountedOfAThreadThatIsNotThere() throws IOException {
        long tracepoint = tracepoint();
        try (Instruments instruments = Instruments.open()) {
            assertTrue(instruments.count(tracepoint, NOBODY) < 0);
        }
    }

    @Test
    void aTimerComesWhenItsTimeHasCome() {
        TimerDescriptor timer = new TimerDescriptor(kernel);
        own(timer.descriptor());
        assertEquals(0, ready(timer.descriptor(), Epoll.IN));
        long due = System.nanoTime() + 3_000_000;
        timer.set(due);
        await(timer.descriptor(), Epoll.IN);
        assertTrue(System.nanoTime() >= due);
        timer.set(System.nanoTime() + 60_000_000_000L);
        assertEquals(0, ready(timer.descriptor(), Epoll.IN), "set anew, it is not readable");
        timer.set(0);
        await(timer.descriptor(), Epoll.IN);
    }
}
