package dev.sluice.cli.bench.techniques;

import dev.sluice.linux.FileCalls;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxFileCalls;
import dev.sluice.linux.LinuxKernel;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** A thread on a CPU of its own, with the system calls that belong to it. Its tasks run one after the other. */
final class Actor implements AutoCloseable {
    interface Task<T> {
        T run(Kernel kernel, FileCalls files) throws Exception;
    }

    private final ExecutorService thread;
    private final int cpu;
    private @Nullable Kernel kernel;
    private @Nullable FileCalls files;

    /**
     * @param cpu −1: any
     */
    Actor(String name, int cpu) {
        this.thread = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name(name).factory());
        this.cpu = cpu;
    }

    <T> Future<T> submit(Task<T> task) {
        return thread.submit(() -> {
            Kernel calls = kernel;
            FileCalls fileCalls = files;
            if (calls == null || fileCalls == null) {
                calls = LinuxKernel.open();
                fileCalls = LinuxFileCalls.open();
                if (cpu >= 0) {
                    calls.setAffinity(cpu);
                }
                kernel = calls;
                files = fileCalls;
            }
            return task.run(calls, fileCalls);
        });
    }

    /** Frees what the calls use, when the last task is done. */
    @Override
    public void close() {
        thread.execute(() -> {
            if (kernel != null && files != null) {
                files.close();
                kernel.close();
            }
        });
        thread.shutdown();
    }
}
