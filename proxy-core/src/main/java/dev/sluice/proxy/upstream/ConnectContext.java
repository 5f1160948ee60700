package dev.sluice.proxy.upstream;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.SockaddrBuffer;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.RateLimit;
import dev.sluice.proxy.loop.TcpOptions;
import dev.sluice.proxy.stats.Counter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the connectors of one loop share. On its thread only. */
public final class ConnectContext {
    private static final Path PORT_RANGE = Path.of("/proc/sys/net/ipv4/ip_local_port_range");

    final Kernel kernel;
    final EventLoop loop;
    /** Which loop this is, in the counters of endpoints. */
    final int index;

    private final SockaddrBuffer buffer;
    private final int ephemeralFrom;
    private final Consumer<String> warnings;
    private Runnable onShortage = () -> {};
    private final RateLimit portWarnings = RateLimit.ofWarnings();
    /** Connections that wait for a descriptor. */
    private final RetryQueue descriptors;
    /** Connections that wait for room in the backlog of a unix listener; empty queues are not kept. */
    private final Map<Address, RetryQueue> backlogs = new HashMap<>();

    /**
     * @param index this loop's
     * @param ephemeralFrom the first port that the kernel gives out by itself
     * @param warnings is told what an operator should know
     */
    public ConnectContext(Kernel kernel, EventLoop loop, int index, int ephemeralFrom, Consumer<String> warnings) {
        this.kernel = kernel;
        this.loop = loop;
        this.index = index;
        this.ephemeralFrom = ephemeralFrom;
        this.warnings = warnings;
        this.buffer = new SockaddrBuffer(kernel);
        this.descriptors = new RetryQueue(loop, () -> {});
    }

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

    /** A new socket that can be connected to the address, or −errno. */
    public int open(Address address) {
        int type = Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC;
        return kernel.socket(address.family(), type, 0);
    }

    /** Sets the options of a new socket; a unix socket has none. */
    public void configure(int fd, Address address, TcpSettings tcp) {
        if (address.family() != Sockets.AF_UNIX) {
            TcpOptions.applyToNew(kernel, fd, tcp);
        }
    }

    /** connect(2): 0 when connected or on the way, or −errno. */
    public int connect(int fd, Address to) {
        buffer.set(to);
        int result = kernel.connect(fd, buffer);
        if (result == -Errno.EADDRNOTAVAIL && to.family() != Sockets.AF_UNIX) {
            portsExhausted(to);
        }
        return result;
    }

    private void portsExhausted(Address to) {
        loop.stats().increment(Counter.PORTS_EXHAUSTED);
        if (portWarnings.passes(loop.now())) {
            warnings.accept("no local port is left to connect to " + to + " (EADDRNOTAVAIL): a wider"
                    + " net.ipv4.ip_local_port_range, more endpoints or sessions that are reused help");
        }
    }

    /**
     * Whether the socket is connected to itself. That happens when nobody listens on a port that the kernel then picks as the
     * connection's own (a simultaneous open, RFC 9293 3.5); so only ports from {@code ephemeralFrom} on need the look.
     */
    public boolean isSelfConnect(int fd, Address to) {
        int port = to.port();
        if (port < ephemeralFrom || kernel.getsockname(fd, buffer) < 0) {
            return false;
        }
        Address own = buffer.toAddress();
        // Not compared with the address that was asked for: a connection to 0.0.0.0 arrives at 127.0.0.1.
        return own.port() == port
                && kernel.getpeername(fd, buffer) >= 0
                && buffer.toAddress().equals(own);
    }

    /**
     * Who is told that there is no descriptor.
     *
     * @param tell asks all loops to give back what they keep idle
     */
    public void onShortage(Runnable tell) {
        onShortage = tell;
    }

    /** Where a connection waits that could not have a descriptor. */
    RetryQueue forDescriptor() {
        onShortage.run();
        return descriptors;
    }

    /** Where connections wait for room in the backlog of this listener, null when none does. */
    @Nullable
    RetryQueue waitingFor(Address address) {
        return address.family() == Sockets.AF_UNIX ? backlogs.get(address) : null;
    }

    /** Where a connection waits that found the backlog of this unix listener full. */
    RetryQueue forBacklog(Address address) {
        RetryQueue queue = backlogs.get(address);
        if (queue == null) {
            queue = new RetryQueue(loop, () -> backlogs.remove(address));
            backlogs.put(address, queue);
        }
        return queue;
    }
}
