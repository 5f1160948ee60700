package dev.sluice.cli.bench.techniques.send;

import dev.sluice.linux.Pipes;
import java.lang.foreign.MemorySegment;

/** From socket to socket, as a proxy does. */
final class RelaySenders {
    private RelaySenders() {}

    /** read(2) and write(2). */
    static final class Copy implements Sender {
        private final Lane lane;
        private final MemorySegment buffer;

        Copy(Lane lane) {
            this.lane = lane;
            this.buffer = lane.buffer();
        }

        @Override
        public void send(Line line, Tally tally) {
            long count = tally.call(lane.kernel().read(line.inlet(), buffer, 0, lane.chunk()), "read");
            while (count > 0) {
                tally.copiedIn(count);
                lane.write(tally, line.socket(), buffer, 0, count);
                count = tally.call(lane.kernel().read(line.inlet(), buffer, 0, lane.chunk()), "read");
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
            long count = fill(line, tally);
            while (count > 0) {
                lane.drain(tally, pipe, line.socket(), count);
                count = fill(line, tally);
            }
        }

        private long fill(Line line, Tally tally) {
            return tally.call(
                    lane.kernel().splice(line.inlet(), Pipes.writeEnd(pipe), lane.chunk(), Pipes.SPLICE_F_NONBLOCK),
                    "splice");
        }

        @Override
        public void close() {
            lane.closePipe(pipe);
        }
    }
}
