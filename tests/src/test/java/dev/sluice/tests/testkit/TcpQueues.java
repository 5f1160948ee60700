package dev.sluice.tests.testkit;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the kernel holds for a TCP socket of this machine, from its own table (proc_net_tcp).
 *
 * @param unacknowledged bytes written to it that the peer's kernel has not got yet
 * @param unread bytes that it got and nobody has read
 */
public record TcpQueues(long unacknowledged, long unread) {
    private static final List<Path> TABLES = List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));

    /** The socket that is bound to the one address and connected to the other. */
    public static TcpQueues of(SocketAddress local, SocketAddress remote) throws IOException {
        // Local and remote address, state, send queue:receive queue. The tables are long where many connections have
        // ended.
        Pattern wanted =
                Pattern.compile(port(local) + " [0-9A-F]+" + port(remote) + " [0-9A-F]+ ([0-9A-F]+):([0-9A-F]+) ");
        for (Path table : TABLES) {
            Matcher line = wanted.matcher(Files.readString(table));
            if (line.find()) {
                return new TcpQueues(Long.parseLong(line.group(1), 16), Long.parseLong(line.group(2), 16));
            }
        }
        throw new AssertionError("no socket from " + local + " to " + remote);
    }

    private static String port(SocketAddress address) {
        return ":%04X".formatted(((InetSocketAddress) address).getPort());
    }
}
