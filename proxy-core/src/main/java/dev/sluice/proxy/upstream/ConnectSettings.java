package dev.sluice.proxy.upstream;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.SockaddrBuffer;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.loop.DescriptorBudget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the connectors of one listener and loop share.
 *
 * @param buffer for addresses
 * @param timeoutNanos for each attempt
 * @param tag and
 * @param events how a connecting socket is watched, and goes on being watched once connected
 * @param budget spent when there is no other descriptor for a socket
 * @param ephemeralFrom the first port that the kernel gives out by itself
 */
public record ConnectSettings(
        SockaddrBuffer buffer, long timeoutNanos, int tag, int events, DescriptorBudget budget, int ephemeralFrom) {
    private static final Path PORT_RANGE = Path.of("/proc/sys/net/ipv4/ip_local_port_range");

    /** The first port of ip_local_port_range (ip(7)), 1 when it cannot be read. */
    public static int firstEphemeralPort() {
        try {
            // Not readString: it reads one byte first, and a sysctl answers the first read only.
            return Integer.parseInt(
                    Files.readAllLines(PORT_RANGE).getFirst().trim().split("\\s+", 2)[0]);
        } catch (IOException | NumberFormatException e) {
            return 1;
        }
    }

    /**
     * Whether the socket is connected to itself. That happens when nobody listens on a port that the kernel then picks as the
     * connection's own (a simultaneous open, RFC 9293 3.5); so only ports from {@code ephemeralFrom} on need the look.
     */
    boolean isSelfConnect(Kernel kernel, int fd, Address to) {
        int port = port(to);
        if (port < ephemeralFrom || kernel.getsockname(fd, buffer) < 0) {
            return false;
        }
        Address own = buffer.toAddress();
        // Not compared with the address that was asked for: who connects to 0.0.0.0 arrives at 127.0.0.1.
        return port(own) == port
                && kernel.getpeername(fd, buffer) >= 0
                && buffer.toAddress().equals(own);
    }

    /**
     * A socket that can be connected to the address, or −errno. From the thread of the kernel, which need not be the
     * connector's: who accepts opens it at once, so that descriptors are taken in pairs.
     */
    public int open(Kernel kernel, Address address) {
        int type = Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC;
        int fd = kernel.socket(address.family(), type, 0);
        boolean exhausted = fd == -Errno.EMFILE || fd == -Errno.ENFILE;
        if (exhausted && budget.spend(kernel)) {
            fd = kernel.socket(address.family(), type, 0);
        }
        if (fd >= 0 && address.family() != Sockets.AF_UNIX) {
            kernel.setsockopt(fd, Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY, 1);
        }
        return fd;
    }

    private static int port(Address address) {
        return switch (address) {
            case Address.V4 v4 -> v4.port();
            case Address.V6 v6 -> v6.port();
            case Address.Unix unix -> 0;
        };
    }
}
