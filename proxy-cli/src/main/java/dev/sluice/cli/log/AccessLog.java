package dev.sluice.cli.log;

import dev.sluice.cli.common.CommandFailure;
import dev.sluice.linux.Address;
import dev.sluice.proxy.stats.SessionEnd;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The access log: one line per finished session, to stdout or appended to a file, and to another one when it is told so. */
public final class AccessLog implements AutoCloseable {
    private final OutputStream stdout;
    private final LineQueue<SessionEnd> lines;
    private final SessionLine first;
    private volatile boolean off;

    /**
     * Opens it; nothing is written before {@link #start}.
     *
     * @param stdout where lines go that have no file
     * @param tell receives a message about losses; called on any thread, and must not block
     * @throws CommandFailure when the file cannot be opened
     */
    public AccessLog(AccessLogConfig config, OutputStream stdout, Consumer<String> tell) {
        this.stdout = stdout;
        this.first = new SessionLine(config.format());
        this.lines = new LineQueue<>("access log", open(config), first, tell);
        this.off = config.format() == LogFormat.OFF;
    }

    /**
     * Begins to write.
     *
     * @param addresses of the listeners that lines are to call by them
     */
    public void start(Map<String, Address> addresses) {
        addresses.forEach(first::name);
        lines.start();
    }

    /** Whether lines are written; from any thread. */
    public boolean isOn() {
        return !off;
    }

    /** A session has ended; from any thread, without blocking. */
    public void offer(SessionEnd end) {
        if (!off) {
            lines.offer(end);
        }
    }

    /**
     * What a configuration's lines are to be written to.
     *
     * @throws CommandFailure when the file cannot be opened
     */
    public OutputStream open(AccessLogConfig config) {
        Path file = config.format() == LogFormat.OFF ? null : config.file();
        if (file == null) {
            return new Borrowed(stdout);
        }
        try {
            return Files.newOutputStream(
                    file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new CommandFailure("cannot open the access log " + file + ": " + why(e));
        }
    }

    private static @Nullable String why(IOException e) {
        return switch (e) {
            case NoSuchFileException none -> "its folder does not exist";
            case AccessDeniedException denied -> "this user may not write to it (EACCES)";
            case FileSystemException other -> other.getReason();
            default -> e.getMessage();
        };
    }

    /**
     * Goes over to another configuration.
     *
     * @param out what {@link #open} made of it
     * @param addresses of the listeners that lines are to call by them
     */
    public void redirect(AccessLogConfig config, OutputStream out, Map<String, Address> addresses) {
        SessionLine line = new SessionLine(config.format());
        addresses.forEach(line::name);
        lines.redirect(out, line);
        off = config.format() == LogFormat.OFF;
    }

    /** Lines that were lost so far. */
    public long dropped() {
        return lines.dropped();
    }

    /** Writes what is left, as far as somebody reads it. */
    @Override
    public void close() {
        lines.close();
    }

    /** A stream that is somebody else's to close. */
    private static final class Borrowed extends FilterOutputStream {
        Borrowed(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            out.write(bytes, from, length);
        }

        @Override
        public void close() {}
    }
}
