package dev.sluice.tests.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The built command as a process, seen from outside: its words, its exit code, its sockets, and what /proc tells of it.
 *
 * <p>Whoever starts one closes it. Closing kills what still runs, and fails when the command has shown a stack trace.
 */
public final class SluiceProcess implements AutoCloseable {
    /** How long anything that should happen at once may take on a machine that is busy. */
    public static final Duration PATIENCE = Duration.ofSeconds(40);

    public static final Path HOME = Path.of("..").toAbsolutePath().normalize();

    private static final int IDLE_WINDOWS = 5;

    private static final Pattern LISTENING = Pattern.compile("^sluice: listening on (\\S+) -> (\\S+) \\((.*)\\)$");
    private static final Pattern THREADS = Pattern.compile("(\\d+) threads?");
    private static final Pattern TRACE = Pattern.compile(
            "^\\s+at \\S+\\(.*\\)$|^Exception in |^\\S*(Exception|Error): |fatal error has been detected");

    private final Process process;
    private final List<String> command;
    private final OutputLines out;
    private final OutputLines err;
    /** What it had open when it began to listen. */
    private @Nullable Descriptors began;

    private SluiceProcess(Process process, List<String> command) {
        this.process = process;
        this.command = command;
        this.out = new OutputLines(process.getInputStream(), "stdout", this);
        this.err = new OutputLines(process.getErrorStream(), "stderr", this);
    }

    /** Starts {@code ./sluice run} with these flags, and waits until it says that it listens, for each {@code --listen}. */
    public static SluiceProcess run(String... flags) {
        return run(Map.of(), flags);
    }

    /** The same with variables in its environment, which has no other that begins with {@code SLUICE_}. */
    public static SluiceProcess run(Map<String, String> environment, String... flags) {
        return runUnder(List.of(), environment, flags);
    }

    /**
     * The same as the argument of another command, such as {@code setpriv}, or {@code sh -c 'ulimit -n 64; exec "$@"' sh}.
     *
     * @param wrapper its words, which must end in an exec of what follows them
     */
    public static SluiceProcess runUnder(List<String> wrapper, Map<String, String> environment, String... flags) {
        List<String> words = new ArrayList<>(List.of("run"));
        words.addAll(Arrays.asList(flags));
        SluiceProcess sluice = startUnder(wrapper, environment, words.toArray(String[]::new));
        long listeners = Stream.of(flags)
                .filter(flag -> flag.equals("--listen") || flag.startsWith("--listen="))
                .count();
        try {
            sluice.awaitListening((int) Math.max(1, listeners));
            sluice.began = sluice.descriptors();
        } catch (AssertionError | RuntimeException e) {
            sluice.process.destroyForcibly();
            throw e;
        }
        return sluice;
    }

    /** Starts {@code ./sluice} with these words, and waits for nothing. */
    public static SluiceProcess start(Map<String, String> environment, String... words) {
        return startUnder(List.of(), environment, words);
    }

    /** The same as the argument of another command. */
    public static SluiceProcess startUnder(List<String> wrapper, Map<String, String> environment, String... words) {
        List<String> command = new ArrayList<>(wrapper);
        command.add(HOME.resolve("sluice").toString());
        command.addAll(Arrays.asList(words));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.startsWith("SLUICE_"));
        builder.environment().put("SLUICE_BUILD", "never"); // whoever runs these tests is the build
        builder.environment().putAll(environment);
        try {
            return new SluiceProcess(builder.start(), command);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for this many start lines. */
    public void awaitListening(int listeners) {
        err.await(listeners + " start lines", lines -> startLines(lines).size() >= listeners, PATIENCE);
    }

    private static List<Matcher> startLines(List<String> lines) {
        return lines.stream().map(LISTENING::matcher).filter(Matcher::matches).toList();
    }

    /** What the first listener is bound to, as a client connects to it. */
    public SocketAddress address() {
        return address(0);
    }

    /** What a listener is bound to, in the order of the start lines. Abstract unix sockets are beyond Java. */
    public SocketAddress address(int listener) {
        return Addresses.parse(listening(listener));
    }

    /** The port of the first listener. */
    public int port() {
        return ((InetSocketAddress) address()).getPort();
    }

    /** What a listener is bound to, in the words of its start line. */
    public String listening(int listener) {
        return startLines(err.now()).get(listener).group(1);
    }

    /** Lines of stdout so far, which are the access log. */
    public List<String> stdout() {
        return out.now();
    }

    /** Lines of stderr so far. */
    public List<String> stderr() {
        return err.now();
    }

    /** How many lines the access log has, to tell older lines from newer ones. */
    public int logged() {
        return out.size();
    }

    /** Waits until the access log has this many lines in all, and returns those from {@code from} on. */
    public List<AccessLine> awaitLog(int from, int lines) {
        return awaitLog(from, lines, PATIENCE);
    }

    public List<AccessLine> awaitLog(int from, int lines, Duration patience) {
        out.await(lines + " lines of the access log", log -> log.size() >= lines, patience);
        return out.now().stream().skip(from).map(AccessLine::parse).toList();
    }

    /** Waits for the line of a client, by the client's own address; looks at lines from {@code from} on only. */
    public AccessLine awaitLog(int from, SocketAddress client) {
        String field = " client=" + Addresses.text(client) + " ";
        String line = awaitStdout(from, "a line with" + field, text -> text.contains(field));
        return AccessLine.parse(line);
    }

    /** Waits for a line of stdout at or after line {@code from} that will do, and returns it. */
    public String awaitStdout(int from, String what, Predicate<String> wanted) {
        return out.awaitLine(from, what, wanted);
    }

    /** Waits for a line of stderr that will do, and returns it. */
    public String awaitStderr(String what, Predicate<String> wanted) {
        return err.awaitLine(0, what, wanted);
    }

    public long pid() {
        return process.pid();
    }

    public boolean isRunning() {
        return process.isAlive();
    }

    /** Its descriptors now. */
    public Descriptors descriptors() {
        try {
            return Descriptors.of(pid());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Fails unless it has no more open than when it began to listen, and pipes for reuse. */
    void assertNothingIsLeftOpen() {
        if (began != null) {
            began.assertKept(descriptors(), loops());
        }
    }

    /** As its start line has it. */
    private int loops() {
        Matcher threads = THREADS.matcher(startLines(err.now()).getFirst().group(3));
        return threads.find() ? Integer.parseInt(threads.group(1)) : 1;
    }

    /** How many threads it has now. */
    public int threads() {
        return Proc.threads(pid());
    }

    /** Its resident memory now, KiB. */
    public long residentKib() {
        return Proc.residentKib(pid());
    }

    /**
     * Fails when it uses the processor though there is nothing to do. A JVM compiles and collects behind what it has done, and on a busy
     * machine long behind that, so there are a few windows; what spins does so in each.
     *
     * @param fewTicks clock ticks of 10 ms that a window may cost
     */
    public void assertIdle(long fewTicks, Duration window) throws InterruptedException {
        long ticks = Long.MAX_VALUE;
        for (int i = 0; i < IDLE_WINDOWS && ticks > fewTicks; i++) {
            long before = Proc.cpuTicks(pid());
            Thread.sleep(window);
            ticks = Proc.cpuTicks(pid()) - before;
        }
        if (ticks > fewTicks) {
            throw new AssertionError("spins: " + ticks + " ticks of 10 ms in " + window.toMillis() + " ms: " + this);
        }
    }

    /** Sends a signal by its name without {@code SIG}. */
    public void signal(String name) {
        Proc.signal(pid(), name);
    }

    /**
     * Stops it (SIGSTOP) and returns when every thread has stopped. What happens to its sockets until {@link #goOn} is there all
     * at once when it looks again.
     */
    public void pause() throws InterruptedException {
        signal("STOP");
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!Proc.isStopped(pid())) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("does not stop: " + this);
            }
            Thread.sleep(1);
        }
    }

    /** Lets it go on after {@link #pause}. */
    public void goOn() {
        signal("CONT");
    }

    /** Waits for its end and for the last of its words, and returns the exit code. */
    public int awaitExit() {
        try {
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("still running: " + this);
            }
            out.awaitEnd();
            err.awaitEnd();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        return process.exitValue();
    }

    /** Sends SIGTERM, waits for the end, and returns the exit code. */
    public int terminate() {
        signal("TERM");
        return awaitExit();
    }

    /**
     * Ends it, by force where it still runs. Fails when it has shown a stack trace, or still runs and does not give back what its
     * sessions had open, whose other ends must have been closed before.
     */
    @Override
    public void close() {
        try {
            awaitNothingLeftOpen();
            process.destroyForcibly();
            awaitExit();
        } finally {
            process.destroyForcibly();
        }
        if (err.now().stream().anyMatch(line -> TRACE.matcher(line).find())) {
            throw new AssertionError("a stack trace: " + this);
        }
    }

    private boolean isKept(Descriptors before) {
        try {
            return before.isKept(descriptors(), loops());
        } catch (UncheckedIOException e) {
            if (process.isAlive()) {
                throw e;
            }
            return true; // it has ended since
        }
    }

    /** The same, but waits a moment for what ends just now. */
    void awaitNothingLeftOpen() {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (began != null && process.isAlive() && !isKept(began)) {
            if (System.nanoTime() - end > 0) {
                assertNothingIsLeftOpen();
            }
            try {
                Thread.sleep(10);
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
    }

    private static AssertionError interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new AssertionError("interrupted", e);
    }

    /** What it was started with and what it said last, for whoever reads that a test failed. */
    @Override
    public String toString() {
        List<String> log = out.now();
        return String.join(" ", command) + (process.isAlive() ? "" : " [exit " + process.exitValue() + "]")
                + "\nstderr:\n  " + String.join("\n  ", err.now())
                + "\nstdout (" + log.size() + " lines):\n  "
                + String.join("\n  ", log.subList(Math.max(0, log.size() - 10), log.size()));
    }
}
