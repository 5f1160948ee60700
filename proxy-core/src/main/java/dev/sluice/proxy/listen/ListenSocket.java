package dev.sluice.proxy.listen;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.SockaddrBuffer;
import dev.sluice.linux.Sockets;
import dev.sluice.linux.UnixCalls;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.loop.TcpOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A listening socket: opened here, or taken over from another process.
 *
 * @param fd non-blocking
 * @param address what it is bound to, with the port that the kernel chose
 * @param fileKey identifies a unix socket's file, so that only our own is removed; null for all others
 */
public record ListenSocket(
        int fd, Address address, @Nullable Object fileKey) {
    /** The kernel caps it at net.core.somaxconn, 4096 by default. */
    private static final int BACKLOG = 4096;

    private static final int OWNER_ONLY = 0600;

    /**
     * Opens, binds and listens.
     *
     * @param tcp options of the connections that it will accept
     * @throws IOException with one line: what was wrong and what would be right
     */
    public static ListenSocket open(Kernel kernel, Address address, TcpSettings tcp) throws IOException {
        return listening(kernel, bind(kernel, address, tcp));
    }

    private static ListenSocket listening(Kernel kernel, ListenSocket bound) throws IOException {
        boolean listens = false;
        try {
            int result = bound.listen(kernel);
            if (result < 0) {
                throw failure(bound.address, -result);
            }
            listens = true;
            return bound;
        } finally {
            if (!listens) {
                bound.close(kernel);
            }
        }
    }

    /**
     * Opens and binds, and does not listen yet: who connects is refused until {@link #listen}.
     *
     * @param tcp options of the connections that it will accept
     * @throws IOException with one line: what was wrong and what would be right
     */
    public static ListenSocket bind(Kernel kernel, Address address, TcpSettings tcp) throws IOException {
        return bind(kernel, address, tcp, fd -> {});
    }

    /**
     * The same for a unix socket that nobody but this user can connect to: its file has mode 0600 from the beginning, whatever the
     * umask.
     */
    public static ListenSocket openPrivate(Kernel kernel, UnixCalls calls, Address.Unix address) throws IOException {
        IntConsumer ownerOnly = fd -> Errno.check(calls.setMode(fd, OWNER_ONLY), "fchmod");
        return listening(kernel, bind(kernel, address, TcpSettings.DEFAULTS, ownerOnly));
    }

    private static ListenSocket bind(Kernel kernel, Address address, TcpSettings tcp, IntConsumer beforeBind)
            throws IOException {
        int type = Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC;
        int fd = kernel.socket(address.family(), type, 0);
        if (fd < 0) {
            throw failure(address, -fd);
        }
        boolean open = false;
        boolean bound = false;
        try {
            beforeBind.accept(fd);
            int result = bind(kernel, fd, address);
            if (result == 0) {
                bound = true;
                configure(kernel, fd, address, tcp);
            }
            if (result < 0) {
                throw failure(address, -result);
            }
            SockaddrBuffer name = new SockaddrBuffer(kernel);
            kernel.getsockname(fd, name);
            Path file = file(address);
            ListenSocket socket = new ListenSocket(fd, name.toAddress(), file == null ? null : fileKey(file));
            open = true;
            return socket;
        } finally {
            if (!open) {
                kernel.close(fd);
                Path file = bound ? file(address) : null;
                if (file != null) {
                    delete(file);
                }
            }
        }
    }

    /**
     * Takes a socket that another process has opened and listens on. What its connections inherit is set by {@link #configure}.
     *
     * @param fd stays the caller's if this fails
     * @throws IOException when it is no stream socket that listens, with what it is instead
     */
    public static ListenSocket adopt(Kernel kernel, int fd) throws IOException {
        ListenSocket socket = passed(kernel, fd);
        // Who connects to a unix socket is told who listens (SO_PEERCRED): from now on, this process.
        int result = socket.listen(kernel);
        if (result < 0) {
            throw new IOException("cannot take over " + socket.address + ": " + Errno.describe(-result));
        }
        return socket;
    }

    /**
     * The same of a socket that stays the other's: its backlog is as long as that one wants.
     *
     * @param fd stays the caller's if this fails
     * @throws IOException when it is no stream socket that listens, with what it is instead
     */
    public static ListenSocket passed(Kernel kernel, int fd) throws IOException {
        int type = kernel.getsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_TYPE);
        if (type != Sockets.SOCK_STREAM) {
            throw new IOException(
                    "descriptor " + fd + " is no stream socket" + (type < 0 ? ": " + Errno.describe(-type) : ""));
        }
        if (kernel.getsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_ACCEPTCONN) != 1) {
            throw new IOException("descriptor " + fd + " is a socket that does not listen");
        }
        SockaddrBuffer name = new SockaddrBuffer(kernel);
        int result = kernel.getsockname(fd, name);
        Address address;
        try {
            address = name.toAddress();
        } catch (IllegalStateException e) {
            throw new IOException("descriptor " + fd + " is no TCP and no unix socket", e);
        }
        if (result == 0) {
            result = kernel.setNonBlocking(fd);
        }
        if (result < 0) {
            throw new IOException("cannot take over " + address + ": " + Errno.describe(-result));
        }
        Path file = file(address);
        return new ListenSocket(fd, address, file == null ? null : fileKey(file));
    }

    /**
     * Whether nothing else can listen there as long as this does: it is the same address, one of the two is all addresses, or both are
     * names of the same file.
     */
    public boolean excludes(Address other) {
        return switch (other) {
            case Address.V4 b ->
                address instanceof Address.V4 a
                        && a.port() == b.port()
                        && (a.address() == b.address() || a.address() == 0 || b.address() == 0);
            case Address.V6 b ->
                address instanceof Address.V6 a
                        && a.port() == b.port()
                        && (isAny(a)
                                || isAny(b)
                                || (a.high() == b.high() && a.low() == b.low() && a.scope() == b.scope()));
            case Address.Unix b -> {
                Path file = file(b);
                yield address.equals(b) || (fileKey != null && file != null && fileKey.equals(fileKey(file)));
            }
        };
    }

    private static boolean isAny(Address.V6 address) {
        return address.high() == 0 && address.low() == 0;
    }

    /** Sets the options of the connections that it will accept from now on. */
    public void configure(Kernel kernel, TcpSettings tcp) {
        configure(kernel, fd, address, tcp);
    }

    /** Accepted sockets inherit the options, which saves the calls for each. */
    private static void configure(Kernel kernel, int fd, Address address, TcpSettings tcp) {
        if (address.family() != Sockets.AF_UNIX) {
            TcpOptions.apply(kernel, fd, tcp);
        }
    }

    private static int bind(Kernel kernel, int fd, Address address) {
        SockaddrBuffer buffer = new SockaddrBuffer(kernel);
        buffer.set(address);
        if (address.family() == Sockets.AF_UNIX) {
            int result = kernel.bind(fd, buffer);
            return result == -Errno.EADDRINUSE && removeStale(kernel, address) ? kernel.bind(fd, buffer) : result;
        }
        kernel.setsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_REUSEADDR, 1);
        if (address.family() == Sockets.AF_INET6) {
            // What is written is what is bound: [::] is not 0.0.0.0 as well.
            kernel.setsockopt(fd, Sockets.IPPROTO_IPV6, Sockets.IPV6_V6ONLY, 1);
        }
        return kernel.bind(fd, buffer);
    }

    /** A socket file that nobody listens on is left over from a process that was killed. */
    private static boolean removeStale(Kernel kernel, Address address) {
        Path file = file(address);
        if (file == null || !isSocket(file)) {
            return false;
        }
        Object before = fileKey(file);
        int probe = kernel.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK, 0);
        if (probe < 0) {
            return false;
        }
        SockaddrBuffer buffer = new SockaddrBuffer(kernel);
        buffer.set(address);
        int result = kernel.connect(probe, buffer);
        kernel.close(probe);
        // Somebody else may have done the same meanwhile, and listen there now.
        return result == -Errno.ECONNREFUSED && Objects.equals(before, fileKey(file)) && delete(file);
    }

    /**
     * Listens; once more, if it does already: whoever connects is told of this process then, if another one had it for a while
     * (SO_PEERCRED).
     *
     * @return 0, or −errno: EADDRINUSE when another one has begun to listen there since it was bound
     */
    public int listen(Kernel kernel) {
        return kernel.listen(fd, BACKLOG);
    }

    /** Closes it, and leaves a unix socket's file where it is. */
    public void closeDescriptor(Kernel kernel) {
        kernel.close(fd);
    }

    /** Closes it and removes a unix socket's file, unless another one has taken its place. */
    public void close(Kernel kernel) {
        closeDescriptor(kernel);
        removeFile();
    }

    /** Removes a unix socket's file, unless another one has taken its place: nobody can connect any more, whoever has may still be accepted. */
    public void removeFile() {
        Path file = file(address);
        if (file != null && fileKey != null && Objects.equals(fileKey, fileKey(file))) {
            delete(file);
        }
    }

    private static @Nullable Path file(Address address) {
        return address instanceof Address.Unix unix && !unix.path().startsWith("@") ? Path.of(unix.path()) : null;
    }

    private static boolean isSocket(Path file) {
        try {
            return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .isOther();
        } catch (IOException e) {
            return false;
        }
    }

    private static @Nullable Object fileKey(Path file) {
        try {
            return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .fileKey();
        } catch (IOException e) {
            return null;
        }
    }

    /** Whether it is a unix socket with a path, wherever that leads by now. */
    public boolean hasFile() {
        return file(address) != null;
    }

    /**
     * Tells the file of this socket from others, on this machine, to whatever process.
     *
     * @return null when there is none, or when another file has taken its place
     */
    public @Nullable String fileIdentity() {
        Path file = file(address);
        if (file == null || fileKey == null) {
            return null;
        }
        try {
            Map<String, Object> inode = Files.readAttributes(file, "unix:dev,ino", LinkOption.NOFOLLOW_LINKS);
            return fileKey.equals(fileKey(file)) ? inode.get("dev") + ":" + inode.get("ino") : null;
        } catch (IOException e) {
            return null;
        }
    }

    private static boolean delete(Path file) {
        try {
            return Files.deleteIfExists(file);
        } catch (IOException e) {
            return false;
        }
    }

    private static IOException failure(Address address, int errno) {
        String remedy = switch (errno) {
            case Errno.EADDRINUSE -> "; another process listens there, or did: choose another address or stop it";
            case Errno.EADDRNOTAVAIL -> "; this machine has no such address ('ip address' lists those it has)";
            case Errno.EACCES ->
                address.family() == Sockets.AF_UNIX
                        ? "; the folder must be writable"
                        : "; a port this low needs CAP_NET_BIND_SERVICE or a lower"
                                + " net.ipv4.ip_unprivileged_port_start";
            case Errno.ENOENT -> "; the folder does not exist";
            default -> "";
        };
        return new IOException("cannot listen on " + address + ": " + Errno.describe(errno) + remedy);
    }
}
