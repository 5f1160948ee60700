package dev.sluice.cli.bench.lab;

import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.text.OneLine;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxKernel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A process of the benchmark, and what it says. */
public final class Child implements AutoCloseable {
    private static final long GRACE_MILLIS = 2_000;
    private static final long END_MILLIS = 500; // for its last words
    private static final String END_OF_STREAM = "\0";

    private final String name;
    private final Process process;
    private final BlockingQueue<String> stdout = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> stderr = new LinkedBlockingQueue<>();
    private volatile String lastWords = "";

    private Child(String name, Process process) {
        this.name = name;
        this.process = process;
        follow(process.getInputStream(), stdout, false);
        follow(process.getErrorStream(), stderr, true);
    }

    /**
     * Starts this program with other words, on a CPU of its own.
     *
     * @param name for messages
     * @param prefix words before it, such as of ip-netns(8)
     * @param cpu to which all its threads are bound from its first moment on; −1: none
     */
    static Child start(String name, List<String> prefix, int cpu, List<String> words) {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(SelfCommand.words());
        command.addAll(words);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(key -> key.startsWith("SLUICE_"));
        try {
            return new Child(name, cpu < 0 ? builder.start() : startOn(cpu, builder));
        } catch (IOException e) {
            throw new CommandFailure("cannot start " + name + ": " + e.getMessage());
        }
    }

    /** A child inherits the CPUs of the thread that starts it (sched_setaffinity(2)): this is one for that purpose. */
    private static Process startOn(int cpu, ProcessBuilder builder) throws IOException {
        CompletableFuture<Process> started = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("start").start(() -> {
            try (Kernel kernel = LinuxKernel.open()) {
                int result = kernel.setAffinity(cpu);
                if (result < 0) {
                    throw new CommandFailure("cannot pin to CPU " + cpu + ": "
                            + dev.sluice.linux.Errno.describe(-result) + " (--no-pin does without)");
                }
                started.complete(builder.start());
            } catch (IOException | RuntimeException e) {
                started.completeExceptionally(e);
            }
        });
        try {
            return started.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw e.getCause() instanceof CommandFailure failure ? failure : e;
        }
    }

    private void follow(InputStream stream, BlockingQueue<String> lines, boolean words) {
        Thread.ofPlatform().daemon().name(name).start(() -> {
            try (BufferedReader in = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    if (words) {
                        lastWords = line;
                    }
                    lines.add(line);
                }
            } catch (IOException e) {
                // It has been ended.
            } finally {
                lines.add(END_OF_STREAM);
            }
        });
    }

    public long pid() {
        return process.pid();
    }

    /** Writes a line to its input. */
    public void tell(String line) {
        try {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw ended();
        }
    }

    /** The next line of its output. */
    public String hear(long patienceMillis) throws InterruptedException {
        String line = next(stdout, patienceMillis);
        if (line == null) {
            throw new CommandFailure(name + " says nothing for " + patienceMillis / 1000 + " s");
        }
        return line;
    }

    /** Waits for a line of stderr that contains a text, and returns it. */
    public String awaitWords(String text, long patienceMillis) throws InterruptedException {
        long end = System.nanoTime() + patienceMillis * 1_000_000;
        while (true) {
            String line = next(stderr, (end - System.nanoTime()) / 1_000_000);
            if (line == null) {
                throw new CommandFailure(name + " is not ready within " + patienceMillis / 1000 + " s");
            }
            if (line.contains(text)) {
                return line;
            }
        }
    }

    private @Nullable String next(BlockingQueue<String> lines, long patienceMillis) throws InterruptedException {
        String line = lines.poll(Math.max(1, patienceMillis), TimeUnit.MILLISECONDS);
        if (line != null && line.equals(END_OF_STREAM)) {
            lines.add(END_OF_STREAM);
            process.waitFor(END_MILLIS, TimeUnit.MILLISECONDS);
            Thread.sleep(END_MILLIS); // an interrupt that ended it is about to reach this thread, too
            throw ended();
        }
        return line;
    }

    private CommandFailure ended() {
        String words = OneLine.of(lastWords);
        return new CommandFailure(
                name + " has ended" + (words.isEmpty() ? "" : ": " + words.replaceFirst("^sluice: ", "")));
    }

    /** Asks it to end, and ends it when it does not. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (process.waitFor(GRACE_MILLIS, TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }
}
