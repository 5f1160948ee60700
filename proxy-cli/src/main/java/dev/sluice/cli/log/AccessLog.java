package dev.sluice.cli.log;

import dev.sluice.cli.common.CommandFailure;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.stats.SessionReport;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The access log: a line for the end of each session, and for its beginning and its life where that is asked for; to stdout or appended to
 * a file, and to another one when it is told so. Of connections that are turned away, a hundred have a line in a second.
 */
public final class AccessLog implements AutoCloseable {
    /** Of connections that were turned away, in a second. */
    static final int MOST_REFUSED = 100;

    private final LineOutput stdout;
    private final Consumer<String> tell;
    private final LineQueue<SessionReport> lines;
    private final Few refused;
    private volatile boolean off;
    /** What lines go to, or will with the next batch; and its path, null where it is stdout. */
    private LineOutput out;

    private @Nullable Path file;

    /**
     * Opens it; nothing is written before {@link #start}.
     *
     * @param stdout where lines go that have no file
     * @param tell receives a message about losses; called on any thread, and must not block
     * @throws CommandFailure when the file cannot be opened
     */
    public AccessLog(AccessLogConfig config, OutputStream stdout, Consumer<String> tell) {
        this.stdout = stdout instanceof FileOutputStream file ? new Borrowed(file) : LineOutput.borrowed(stdout);
        this.tell = tell;
        this.file = file(config);
        this.out = file == null ? this.stdout : open(file);
        this.refused = new Few(
                MOST_REFUSED,
                count -> tell.accept("access log: " + count + " refused connections have no line; " + MOST_REFUSED
                        + " in a second have one"));
        this.lines = new LineQueue<>(
                "access log", out, new SessionLine(config.format()), tell, () -> refused.tellDue(System.nanoTime()));
        this.off = config.format() == LogFormat.OFF;
    }

    /** Begins to write. */
    public void start() {
        lines.start();
    }

    /** Whether lines are written; from any thread. */
    public boolean isOn() {
        return !off;
    }

    /** A session has begun, lives or has ended; from any thread, without blocking. */
    public void offer(SessionReport report) {
        if (off) {
            return;
        }
        if (report instanceof SessionEnd end && end.refusal() != null && !refused.passes(System.nanoTime())) {
            return;
        }
        lines.offer(report);
    }

    /**
     * What a configuration's lines are to be written to. A file that is written to already is not opened again: what is the matter with
     * it is no reason to refuse a configuration.
     *
     * @throws CommandFailure when the file cannot be opened
     */
    public synchronized LineOutput open(AccessLogConfig config) {
        Path next = file(config);
        if (next == null) {
            return stdout;
        }
        return next.equals(file) ? out : open(next);
    }

    private static @Nullable Path file(AccessLogConfig config) {
        return config.format() == LogFormat.OFF ? null : config.file();
    }

    private static LineOutput open(Path file) {
        try {
            return new LogFile(file);
        } catch (IOException e) {
            throw new CommandFailure("cannot open the access log " + file + ": " + LogFile.why(e));
        }
    }

    /** Closes what {@link #open} has answered, when it is not gone over to. */
    public synchronized void discard(LineOutput opened) {
        if (!opened.equals(out)) {
            try {
                opened.close();
            } catch (IOException e) {
                tell.accept("access log: " + e.getMessage());
            }
        }
    }

    /**
     * Goes over to another configuration, and reopens the file if it is the same.
     *
     * @param opened what {@link #open} made of it
     */
    public synchronized void redirect(AccessLogConfig config, LineOutput opened) {
        SessionLine line = new SessionLine(config.format());
        out = opened;
        file = file(config);
        lines.redirect(out, line);
        lines.reopen();
        off = config.format() == LogFormat.OFF;
    }

    /** Opens the file anew, if something has moved it away. When that cannot be done, it is told, and the one before is written to still. */
    public void reopen() {
        lines.reopen();
    }

    /** Lines that were lost so far. */
    public long dropped() {
        return lines.dropped();
    }

    /** Writes what is left, as far as somebody reads it. */
    @Override
    public void close() {
        refused.close();
        lines.close();
    }

    /** A file that is somebody else's to close. */
    private static final class Borrowed extends WholeLines {
        Borrowed(FileOutputStream file) {
            super(file.getChannel());
        }

        @Override
        public void giveUp() {}

        @Override
        public void close() {}
    }
}
