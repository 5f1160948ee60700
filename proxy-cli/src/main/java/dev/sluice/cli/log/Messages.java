package dev.sluice.cli.log;

import java.io.OutputStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a running service says to people on standard error. Saying something never waits for a reader, so any thread may do it, and
 * in the middle of stopping; what has not been read by the end is lost.
 */
public final class Messages implements AutoCloseable {
    private static final Duration CLOSE = Duration.ofSeconds(1);

    private final LineQueue<String> lines;
    private volatile @Nullable Events events;

    public Messages(OutputStream stderr) {
        lines = new LineQueue<>("messages", LineOutput.borrowed(stderr), Messages::line, lost -> {});
    }

    /** Begins to write; what is said before waits until then. */
    public void start() {
        lines.start();
    }

    /** From now on, what is said is remembered there, too. */
    public void remember(Events memory) {
        events = memory;
    }

    /** Says one line, which must have no control characters in it; the program's name is put before it. */
    public void say(String text) {
        say(Events.Kind.SERVICE, text);
    }

    /** The same, of a kind. */
    public void say(Events.Kind kind, String text) {
        lines.offer(text);
        remember(kind, text);
    }

    /** The same, as a warning. */
    public void warn(String text) {
        lines.offer("warning: " + text);
        remember(Events.Kind.WARNING, text);
    }

    private void remember(Events.Kind kind, String text) {
        Events memory = events;
        if (memory != null) {
            memory.add(kind, text);
        }
    }

    private static void line(String text, Bytes out) {
        out.put("sluice: ").put(text).put('\n');
    }

    /** Writes what was said, for as long as a second at most. */
    @Override
    public void close() {
        lines.close(CLOSE);
    }
}
