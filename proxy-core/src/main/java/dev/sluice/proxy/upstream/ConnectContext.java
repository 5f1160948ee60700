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
import java.util.List;
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
    private final RateLimit sourceWarnings = RateLimit.ofWarnings();
    private int sourceTurn;
    /** Connections that wait for a descriptor. */
    private final RetryQueue descriptors;
    /** Connections that wait for room in the backlog of a unix listener; empty queues are not kept. */
    private final Map<Address, RetryQueue> backlogs = new HashMap<>();
    /** Connections that are held until their upstream takes some; empty queues are not kept. */
    private final Map<UpstreamState, HoldQueue> holding = new HashMap<>();

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

    /**
     * A new socket that can be connected to the address, with its options but TCP_NODELAY, bound to the source whose turn it is.
     *
     * @return its descriptor, or −errno
     */
    public int open(Address to, TcpSettings tcp, Sources sources) {
        int type = Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC;
        int fd = kernel.socket(to.family(), type, 0);
        if (fd < 0) {
            return fd;
        }
        int result = -Errno.ENOMEM;
        try {
            result = prepare(fd, to, tcp, sources.towards(to));
        } finally {
            if (result < 0) {
                kernel.close(fd);
            }
        }
        return result < 0 ? result : fd;
    }

    /** A unix socket has no options, and no source. */
    private int prepare(int fd, Address to, TcpSettings tcp, List<Address> sources) {
        if (to.family() == Sockets.AF_UNIX) {
            return 0;
        }
        TcpOptions.applyToNew(kernel, fd, tcp);
        if (sources.isEmpty()) {
            return 0;
        }
        sourceTurn = sourceTurn == Integer.MAX_VALUE ? 0 : sourceTurn + 1;
        Address source = sources.get(sourceTurn % sources.size());
        // The port is chosen at connect(2), when the other end is known: so each source has all its ports for each
        // endpoint (ip(7)).
        kernel.setsockopt(fd, Sockets.IPPROTO_IP, Sockets.IP_BIND_ADDRESS_NO_PORT, 1);
        buffer.set(source);
        int result = kernel.bind(fd, buffer);
        if (result < 0 && sourceWarnings.passes(loop.now())) {
            warnings.accept("cannot connect from " + source.toString().replaceFirst(":0$", "") + ": "
                    + Errno.describe(-result) + "; 'ip address' lists the addresses that this machine has");
        }
        return result;
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
            warnings.accept(
                    "no local port is left to connect to " + to + " (EADDRNOTAVAIL): a wider"
                            + " net.ipv4.ip_local_port_range, more endpoints or further addresses to connect from ('source') help");
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

    /** The local address of a connected socket; one without a name when the kernel does not say. */
    public Address ownAddress(int fd) {
        return kernel.getsockname(fd, buffer) < 0 ? Address.Unix.UNNAMED : buffer.toAddress();
    }

    /**
     * Who is told that there is no descriptor.
     *
     * @param tell asks all loops to give back what they keep idle
     */
    public void onShortage(Runnable tell) {
        onShortage = tell;
    }

    /** Where connections wait that could not have a descriptor. */
    RetryQueue forDescriptor() {
        return descriptors;
    }

    /** There was no descriptor or no memory for a socket. */
    void shortage() {
        onShortage.run();
    }

    /** Whether connections to this upstream are held: then who comes now waits behind them. */
    boolean isHolding(UpstreamState upstream) {
        HoldQueue queue = held(upstream);
        return queue != null && queue.isHolding();
    }

    /** Where connections to this upstream are held; null when none is, and none tries. */
    @Nullable
    HoldQueue held(UpstreamState upstream) {
        return holding.isEmpty() ? null : holding.get(upstream);
    }

    /** The same, made if need be. */
    HoldQueue holding(UpstreamState upstream) {
        return holding.computeIfAbsent(upstream, common -> new HoldQueue(loop, () -> holding.remove(common)));
    }

    /** An upstream may take connections again: those that are held try, the first of them at once. */
    public void wake(UpstreamState upstream) {
        HoldQueue queue = held(upstream);
        if (queue != null) {
            queue.wake();
        }
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
