package dev.sluice.proxy.takeover;

import dev.sluice.proxy.listen.ListenSocket;

/** What both sides call things. */
final class Peers {
    private Peers() {}

    /** A process for people. */
    static String name(int pid) {
        return pid > 0 ? "process " + pid : "a process of another container"; // pid_namespaces(7)
    }

    /** The identity of a unix socket's file, the same for every process of this machine; empty when there is none. */
    static String file(ListenSocket socket) {
        return socket.fileKey() == null ? "" : String.valueOf(socket.fileKey());
    }
}
