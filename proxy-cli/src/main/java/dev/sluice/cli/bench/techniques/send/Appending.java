package dev.sluice.cli.bench.techniques.send;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.sluice.linux.FileCalls;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The rows of a {@link Pattern}, and the two ways of appending. */
public final class Appending {
    public static final String THROUGH_MAPPING = "mmap";
    public static final String BY_WRITING = "write";

    private static final String NOTE =
            "Appending copies one chunk after the other into a segment that was given its size before the"
                    + " clock started and has no page in the cache yet. Nothing is forced to the disk: neither broker waits for that by"
                    + " default.";
    private static final String OF_KAFKA =
            "Apache Kafka maps the indexes of its log; the log's own segments it appends to with"
                    + " write(2), which is the other row.";
    private static final String OF_ROCKETMQ =
            "Apache RocketMQ appends to its commit log through a mapping, and can be told to touch"
                    + " a segment's pages beforehand; here the appending thread meets the faults.";

    private Appending() {}

    /** A row that sends nothing, so nobody opens its sender. */
    public static Technique append(Pattern pattern, String name) {
        String note = switch (pattern) {
            case KAFKA -> OF_KAFKA;
            case ROCKETMQ -> OF_ROCKETMQ;
        };
        return new Technique(name, "append", null, false, false, List.of(NOTE, note), lane -> {
            throw new Unavailable("appends");
        });
    }

    /** A row that sends what was appended. */
    public static Technique serve(Pattern pattern) {
        String name = switch (pattern) {
            case KAFKA -> "sendfile";
            case ROCKETMQ -> "mmap + write";
        };
        Sender.Factory factory = switch (pattern) {
            case KAFKA -> FileSenders.Sendfile::new;
            case ROCKETMQ -> FileSenders.MapWrite::new;
        };
        String note = "Serving is the table's " + name + ", from the file that was just appended.";
        return new Technique(name, "serve", null, false, false, List.of(note), factory);
    }

    /** Fills the file through a mapping of it. */
    public static Tally mapped(Lane lane, Messages messages) {
        Tally tally = new Tally();
        int fd = tally.call(lane.files().open(lane.file().path(), FileCalls.O_RDWR | FileCalls.O_CLOEXEC, 0), "open");
        long size = lane.file().size();
        int writable = FileCalls.PROT_READ | FileCalls.PROT_WRITE;
        long address = tally.call(lane.files().map(fd, 0, size, writable, FileCalls.MAP_SHARED), "mmap");
        MemorySegment mapping = lane.files().view(address, size);
        for (long done = 0; done < size; done += lane.chunk()) {
            long count = Math.min(lane.chunk(), size - done);
            MemorySegment.copy(messages.at(done, count), 0, mapping, done, count);
            tally.copiedOut(count);
        }
        lane.unmap(tally, mapping);
        lane.close(tally, fd);
        return tally;
    }

    /** Fills the file with write(2). */
    public static Tally written(Lane lane, Messages messages) {
        Tally tally = new Tally();
        int fd = tally.call(lane.files().open(lane.file().path(), FileCalls.O_RDWR | FileCalls.O_CLOEXEC, 0), "open");
        long size = lane.file().size();
        for (long done = 0; done < size; done += lane.chunk()) {
            long count = Math.min(lane.chunk(), size - done);
            lane.write(tally, fd, messages.at(done, count), 0, count);
        }
        lane.close(tally, fd);
        return tally;
    }

    /** What is appended, in memory of the appending thread: the file's content, made without cost worth measuring. */
    public static final class Messages {
        private final MemorySegment memory;

        public Messages(Lane lane, Content content) {
            // A chunk may begin anywhere in the block of noise.
            this.memory = lane.kernel().allocate(Content.BLOCK + (long) lane.chunk());
            content.copyTo(memory, 0, memory.byteSize());
        }

        /** The bytes of the file from {@code position} on; until the next call. */
        MemorySegment at(long position, long length) {
            long start = position % Content.BLOCK;
            for (long done = 0; done < length; done += Content.PAGE) {
                memory.set(JAVA_LONG_UNALIGNED, start + done, (position + done) / Content.PAGE);
            }
            return memory.asSlice(start, length);
        }
    }
}
