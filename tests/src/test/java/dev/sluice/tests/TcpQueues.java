package dev.sluice.tests;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What the kernel holds for a TCP socket of this machine, from its own table (proc_net_tcp).
 *
 * @param unacknowledged bytes written to it that the peer's kernel has not got yet
 * @param unread bytes that it got and nobody has read
 */
record TcpQueues(long unacknowledged, long unread) {
    private static final List<Path> TABLES = List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));
    private static final int LOCAL = 1;
    private static final int REMOTE = 2;
    private static final int QUEUES = 4;

    /** The socket that is bound to the one address and connected to the other. */
    static TcpQueues of(SocketAddress local, SocketAddress remote) throws IOException {
        String localPort = port(local);
        String remotePort = port(remote);
        for (Path table : TABLES) {
            for (String line : Files.readAllLines(table)) {
                String[] words = line.strip().split("\\s+", -1);
                if (words[LOCAL].endsWith(localPort) && words[REMOTE].endsWith(remotePort)) {
                    String[] queues = words[QUEUES].split(":", -1);
                    return new TcpQueues(Long.parseLong(queues[0], 16), Long.parseLong(queues[1], 16));
                }
            }
        }
        throw new AssertionError("no socket from " + local + " to " + remote);
    }

    private static String port(SocketAddress address) {
        return ":%04X".formatted(((InetSocketAddress) address).getPort());
    }
}
