package dev.sluice.cli.names;

import java.io.EOFException;
import java.io.IOException;
import java.net.PortUnreachableException;

/** What an exception of a socket or a file means. */
final class SocketFailures {
    private SocketFailures() {}

    /** Whether it was an interrupt, which the NIO tells by one of several exceptions, and leaves the thread interrupted. */
    static void checkInterrupt() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    /** Why a server could not be asked: the rest of a sentence that begins with the server. */
    static String text(IOException e) {
        if (e instanceof PortUnreachableException) {
            return "cannot be reached: Connection refused";
        }
        if (e instanceof EOFException) {
            return "closed the connection";
        }
        String why = e.getMessage();
        return "cannot be reached" + (why == null ? "" : ": " + why);
    }
}
