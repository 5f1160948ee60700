package dev.sluice.cli.bench.techniques.send;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** A technique, ready to send: what it needs once is there, what it needs for each round it makes and counts. */
public interface Sender extends AutoCloseable {

    /**
     * Where bytes go, and where they come from if not from the file. All sockets block.
     *
     * @param socket −1 where there is a channel
     * @param channel for those that send through the JDK
     * @param inlet a socket that the file arrives on and then ends, −1 without
     */
    record Line(int socket, @Nullable SocketChannel channel, int inlet) {}

    /** Makes a sender on the sending thread. */
    interface Factory {
        /**
         * A sender for the lane.
         *
         * @throws Unavailable when this machine does not let it
         */
        Sender open(Lane lane) throws Unavailable, IOException;
    }

    /**
     * Sends the file once.
     *
     * @throws dev.sluice.linux.KernelException when a call is refused
     */
    void send(Line line, Tally tally) throws IOException;

    /** Bytes of the file's start that a round sends. */
    default long length(SourceFile file) {
        return file.size();
    }

    @Override
    default void close() {}
}
