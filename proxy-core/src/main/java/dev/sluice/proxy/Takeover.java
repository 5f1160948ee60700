package dev.sluice.proxy;

import dev.sluice.linux.Address;

/**
 * That a proxy hands its listening sockets on to the process that comes after it, and takes them over from the one before.
 *
 * @param socket where successors come: a path, not an abstract name; the file is this user's only (mode 0600)
 * @param receive whether to take over from the proxy that runs, if one does
 * @param observer is told what happens
 */
public record Takeover(Address.Unix socket, boolean receive, Observer observer) {
    /** @throws IllegalArgumentException for an abstract name, or none */
    public Takeover {
        if (socket.isAbstract() || socket.path().isEmpty()) {
            throw new IllegalArgumentException("the takeover needs a socket with a path, not '" + socket.path() + "'");
        }
    }

    /** Is told of takeovers, on a thread of theirs; it must not block for long. Failures are warnings of the proxy's observer. */
    public interface Observer {
        /** Something an operator wants to know; one line, fit for a log. */
        void told(String text);

        /** A successor has taken over: this proxy accepts nothing any more, as if it were draining, and should be drained and closed. */
        void succeeded();
    }
}
