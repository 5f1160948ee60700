package dev.sluice.proxy.takeover;

import dev.sluice.proxy.listen.ListenSocket;

/** What both sides call things. */
final class Peers {
    private Peers() {}

    /** A process for people. */
    static String name(int pid) {
        return pid > 0 ? "process " + pid : "a process of another container"; // pid_namespaces(7)
    }

    /** A unix socket's file that another one has replaced, or none: nobody reaches the socket any more. */
    static final String GONE = "gone";

    /** The identity of a unix socket's file, the same for every process of this machine; empty for a socket without one. */
    static String file(ListenSocket socket) {
        if (!socket.hasFile()) {
            return "";
        }
        String identity = socket.fileIdentity();
        return identity == null ? GONE : identity;
    }
}
