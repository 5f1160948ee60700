package dev.sluice.cli.wait;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.linux.SockaddrBuffer;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.config.EndpointAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;

/** Attempts to connect to one address, one after the other, by one thread; any may ask how it goes. */
final class Attempts {
    /** For one of them. A name with several addresses divides it among these. */
    private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final String REFUSED = "connection refused";
    private static final String FULL = "its backlog is full";

    private final EndpointAddress address;
    private volatile String last;
    private volatile boolean succeeded;
    /** Whether an attempt has told something. The last one may have too little time: that it timed out tells less. */
    private boolean known;

    Attempts(EndpointAddress address) {
        this.address = address;
        this.last = address.isName() ? "looking the name up takes too long" : "timed out";
    }

    /** Whether one has come through. */
    boolean haveSucceeded() {
        return succeeded;
    }

    /** What was the matter last, behind the address. */
    String trouble() {
        return address + ": " + last;
    }

    @Override
    public String toString() {
        return address.toString();
    }

    /**
     * One more; blocks.
     *
     * @param until when it is of no more use, by {@link System#nanoTime}
     * @return whether it came through
     */
    boolean again(long until) {
        long left = until - System.nanoTime();
        if (left <= 0) {
            return false;
        }
        boolean cut = left < MOST_NANOS;
        try {
            switch (address) {
                case EndpointAddress.Tcp tcp -> connect(tcp, until);
                case EndpointAddress.Unix unix -> connect(unix);
                case EndpointAddress.Passed passed -> throw new IOException(passed + " is no address");
            }
            succeeded = true;
        } catch (UnknownHostException e) {
            last = "name not found";
        } catch (SocketTimeoutException e) {
            if (!known || !cut) {
                last = "timed out";
            }
        } catch (IOException e) {
            last = words(e);
        }
        known = true;
        return succeeded;
    }

    /** Those of the kernel (strerror(3)) are passed on by the JDK. */
    private static String words(IOException e) {
        String text = String.valueOf(e.getMessage());
        return switch (text) {
            case "Connection refused" -> REFUSED;
            case "No such file or directory" -> "no such socket";
            case "Resource temporarily unavailable" -> FULL;
            default -> text;
        };
    }

    /** Until one of its addresses will do; the last one that does not is told of. */
    private static void connect(EndpointAddress.Tcp tcp, long until) throws IOException {
        InetAddress[] found = InetAddress.getAllByName(tcp.host());
        long share = Math.min(MOST_NANOS, until - System.nanoTime()) / found.length;
        int millis = (int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(share)); // 0 would be for ever
        for (int i = 0; i < found.length; i++) {
            try (Socket socket = new Socket()) {
                connect(socket, new InetSocketAddress(found[i], tcp.port()), millis);
                return;
            } catch (IOException e) {
                if (i == found.length - 1) {
                    throw e;
                }
            }
        }
    }

    /**
     * Refuses what is connected to itself, too: nobody listens, and the kernel has picked the port that was asked for as the connection's own
     * (a simultaneous open, RFC 9293 3.5). It must not keep that port from its server: a reset leaves no TIME_WAIT.
     */
    static void connect(Socket socket, InetSocketAddress to, int millis) throws IOException {
        socket.connect(to, millis);
        if (socket.getLocalSocketAddress().equals(socket.getRemoteSocketAddress())) {
            socket.setSoLinger(true, 0);
            socket.close();
            throw new IOException(REFUSED);
        }
    }

    private static void connect(EndpointAddress.Unix unix) throws IOException {
        if (unix.path().startsWith("@")) {
            connectAbstract(unix);
            return;
        }
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.configureBlocking(false); // else it would wait as long as a backlog is full
            if (!channel.connect(UnixDomainSocketAddress.of(unix.path()))) {
                throw new IOException(FULL); // as other JDKs say it
            }
        }
    }

    /** Such names the JDK does not know. */
    private static void connectAbstract(EndpointAddress.Unix unix) throws IOException {
        try (Kernel kernel = LinuxKernel.open()) {
            int type = Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC;
            int fd = kernel.socket(Sockets.AF_UNIX, type, 0);
            int result = fd;
            if (fd >= 0) {
                try {
                    SockaddrBuffer name = new SockaddrBuffer(kernel);
                    name.set(new Address.Unix(unix.path()));
                    result = kernel.connect(fd, name);
                } finally {
                    kernel.close(fd);
                }
            }
            if (result < 0) {
                throw new IOException(
                        switch (-result) {
                            case Errno.EAGAIN -> FULL;
                            case Errno.ECONNREFUSED -> REFUSED;
                            default -> Errno.describe(-result);
                        });
            }
        }
    }
}
