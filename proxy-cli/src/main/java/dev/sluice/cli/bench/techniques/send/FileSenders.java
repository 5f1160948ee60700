package dev.sluice.cli.bench.techniques.send;

import dev.sluice.linux.Errno;
import dev.sluice.linux.FileCalls;
import dev.sluice.linux.Pipes;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/** From the file to the socket. */
final class FileSenders {
    private FileSenders() {}

    /** read(2) into a buffer, write(2) out of it. */
    static final class ReadWrite implements Sender {
        private final Lane lane;
        private final MemorySegment buffer;
        private final int flags;

        private ReadWrite(Lane lane, int flags) {
            this.lane = lane;
            this.buffer = lane.buffer();
            this.flags = flags;
        }

        static Sender cached(Lane lane) {
            return new ReadWrite(lane, 0);
        }

        /** O_DIRECT: from the disk into the buffer, past the page cache. */
        static Sender direct(Lane lane) throws Unavailable {
            int flag = lane.files().directFlag();
            ReadWrite sender = new ReadWrite(lane, flag);
            int fd = lane.files().open(lane.file().path(), FileCalls.O_RDONLY | FileCalls.O_CLOEXEC | flag, 0);
            if (fd < 0) {
                throw new Unavailable("the file system has no O_DIRECT: " + Errno.describe(-fd));
            }
            long result = lane.kernel().read(fd, sender.buffer, 0, lane.chunk());
            lane.kernel().close(fd);
            if (result < 0) {
                throw new Unavailable("the disk does not take reads of this chunk: " + Errno.describe((int) -result));
            }
            return sender;
        }

        @Override
        public void send(Line line, Tally tally) {
            int in = lane.open(tally, flags);
            try {
                long count = tally.call(lane.kernel().read(in, buffer, 0, lane.chunk()), "read");
                while (count > 0) {
                    if (flags != 0 && lane.file().onDisk()) {
                        tally.transferredIn(count);
                    } else {
                        tally.copiedIn(count);
                    }
                    lane.write(tally, line.socket(), buffer, 0, count);
                    count = tally.call(lane.kernel().read(in, buffer, 0, lane.chunk()), "read");
                }
            } finally {
                lane.close(tally, in);
            }
        }
    }

    /** write(2) out of a mapping of the file. */
    record MapWrite(Lane lane) implements Sender {
        @Override
        public void send(Line line, Tally tally) {
            int in = lane.open(tally, 0);
            try {
                MemorySegment mapping = lane.map(tally, in);
                for (long done = 0; done < mapping.byteSize(); done += lane.chunk()) {
                    lane.write(tally, line.socket(), mapping, done, Math.min(lane.chunk(), mapping.byteSize() - done));
                }
                lane.unmap(tally, mapping);
            } finally {
                lane.close(tally, in);
            }
        }
    }

    /** sendfile(2). */
    record Sendfile(Lane lane) implements Sender {
        @Override
        public void send(Line line, Tally tally) {
            int in = lane.open(tally, 0);
            try {
                for (long left = lane.file().size(); left > 0; ) {
                    long count = Math.min(lane.chunk(), left);
                    left -= tally.call(lane.files().sendfile(line.socket(), in, count), "sendfile");
                }
            } finally {
                lane.close(tally, in);
            }
        }
    }

    /** splice(2) into a pipe and out of it. */
    static final class Splice implements Sender {
        private final Lane lane;
        private final long pipe;

        Splice(Lane lane) {
            this.lane = lane;
            this.pipe = lane.pipe();
        }

        @Override
        public void send(Line line, Tally tally) {
            int in = lane.open(tally, 0);
            try {
                long count = fill(in, tally);
                while (count > 0) {
                    lane.drain(tally, pipe, line.socket(), count);
                    count = fill(in, tally);
                }
            } finally {
                lane.close(tally, in);
            }
        }

        private long fill(int in, Tally tally) {
            return tally.call(
                    lane.kernel().splice(in, Pipes.writeEnd(pipe), lane.chunk(), Pipes.SPLICE_F_NONBLOCK), "splice");
        }

        @Override
        public void close() {
            lane.closePipe(pipe);
        }
    }

    /** {@link FileChannel#transferTo}: one fstat(2) and one sendfile(2) a call, as strace(1) shows it with JDK 25. */
    record TransferTo(Lane lane) implements Sender {
        @Override
        public void send(Line line, Tally tally) throws IOException {
            try (FileChannel in = FileChannel.open(Path.of(lane.file().path()), StandardOpenOption.READ)) {
                tally.tried(0); // open
                tally.tried(0); // fstat
                for (long done = 0; done < lane.file().size(); ) {
                    tally.tried(0); // fstat
                    done += tally.tried(in.transferTo(done, lane.chunk(), Objects.requireNonNull(line.channel())));
                }
            }
            tally.tried(0); // close
        }
    }
}
