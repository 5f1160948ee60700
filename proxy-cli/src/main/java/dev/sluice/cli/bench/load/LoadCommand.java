package dev.sluice.cli.bench.load;

import dev.sluice.cli.common.Exit;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxKernel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import picocli.CommandLine.Command;

/**
 * {@code sluice bench load}, which {@code sluice bench} starts: a line with a {@link Job} comes in; {@code window}, {@code end}
 * and, after {@code stop} has come, an {@link Outcome} or {@code failed} with a reason go out; and so on until there is no more
 * input.
 */
@Command(name = "load", hidden = true, description = "The client of 'sluice bench', which starts it.")
public final class LoadCommand implements Callable<Integer> {
    public static final String WINDOW = "window";
    public static final String END = "end";
    public static final String STOP = "stop";
    public static final String OUTCOME = "outcome ";
    public static final String FAILED = "failed ";

    private final OutputStream stdout;
    private final BlockingQueue<String> jobs = new LinkedBlockingQueue<>();
    private volatile boolean stopped;

    public LoadCommand(OutputStream stdout) {
        this.stdout = stdout;
    }

    @Override
    public Integer call() throws InterruptedException {
        Thread.ofPlatform().daemon().name("orders").start(this::read);
        try (Kernel kernel = LinuxKernel.open();
                Engine engine = new Engine(kernel)) {
            while (true) {
                String line = jobs.take();
                stopped = false;
                try {
                    say(OUTCOME + engine.run(Job.parse(line), new Voice()));
                } catch (TrafficException e) {
                    say(FAILED + e.getMessage());
                }
            }
        }
    }

    private void read() {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.equals(STOP)) {
                    stopped = true;
                } else {
                    jobs.add(line);
                }
            }
        } catch (IOException e) {
            // As if it had ended.
        } finally {
            Runtime.getRuntime().halt(Exit.OK);
        }
    }

    private void say(String line) {
        try {
            stdout.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            stdout.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private final class Voice implements Engine.Control {
        @Override
        public void windowBegins() {
            say(WINDOW);
        }

        @Override
        public void windowEnds() {
            say(END);
        }

        @Override
        public boolean stopped() {
            return stopped;
        }
    }
}
