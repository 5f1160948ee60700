package dev.sluice.cli.admin.http;

import dev.sluice.cli.common.FileType;
import dev.sluice.proxy.config.EndpointAddress;
import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The listening socket of the admin interface.
 *
 * <p>The file of a unix socket has mode 0600 from the first moment that anybody can find it: the socket is bound in a folder of its own,
 * which nobody else may enter, and moved to its place. One that a process has left behind is replaced, one that listens is not.
 */
public final class AdminSocket implements AutoCloseable {
    private static final int BACKLOG = 64;

    private final ServerSocketChannel channel;
    private final Selector selector;
    private final EndpointAddress address;
    private final @Nullable Path file;
    private final @Nullable Object fileKey;

    private AdminSocket(
            ServerSocketChannel channel, EndpointAddress address, @Nullable Path file, @Nullable Object fileKey)
            throws IOException {
        this.channel = channel;
        this.selector = Selector.open();
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_ACCEPT);
        this.address = address;
        this.file = file;
        this.fileKey = fileKey;
    }

    /**
     * Binds and listens.
     *
     * @throws AddressInUseException when somebody else listens there
     * @throws IOException when it cannot be done for another reason; either in one line fit for a person
     */
    public static AdminSocket open(EndpointAddress address) throws IOException {
        String what = "the admin interface cannot be served at " + address + ": ";
        try {
            return switch (address) {
                case EndpointAddress.Tcp tcp -> openTcp(tcp);
                case EndpointAddress.Unix unix -> openUnix(unix);
                case EndpointAddress.Passed passed -> throw new IOException("it is no socket of this process's own");
            };
        } catch (BindException e) {
            if (String.valueOf(e.getMessage()).contains("in use")) {
                throw new AddressInUseException(what + "another process listens there");
            }
            throw new IOException(what + e.getMessage(), e);
        } catch (NoSuchFileException e) {
            throw new IOException(what + "its folder does not exist", e);
        } catch (AccessDeniedException e) {
            throw new IOException(what + "this user may not write there (EACCES)", e);
        } catch (FileSystemException e) {
            throw new IOException(what + e.getReason(), e);
        } catch (IOException e) {
            throw new IOException(what + e.getMessage(), e);
        }
    }

    private static AdminSocket openTcp(EndpointAddress.Tcp tcp) throws IOException {
        InetAddress ip = InetAddress.ofLiteral(tcp.host().equals("localhost") ? "127.0.0.1" : tcp.host());
        ServerSocketChannel channel = ServerSocketChannel.open();
        try {
            channel.bind(new InetSocketAddress(ip, tcp.port()), BACKLOG);
            int port = ((InetSocketAddress) channel.getLocalAddress()).getPort();
            return new AdminSocket(channel, new EndpointAddress.Tcp(tcp.host(), port), null, null);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private static AdminSocket openUnix(EndpointAddress.Unix unix) throws IOException {
        Path file = Path.of(unix.path());
        checkFree(file);
        Path folder = privateFolder(file);
        Path fresh = folder.resolve("s");
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.bind(UnixDomainSocketAddress.of(fresh), BACKLOG);
            Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-------"));
            Object key = Files.readAttributes(fresh, BasicFileAttributes.class).fileKey();
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
            return new AdminSocket(channel, unix, file, key);
        } catch (IOException e) {
            channel.close();
            Files.deleteIfExists(fresh);
            throw e;
        } finally {
            Files.deleteIfExists(folder);
        }
    }

    private static Path privateFolder(Path file) throws IOException {
        String name =
                "." + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
        return Files.createDirectory(
                file.resolveSibling(name),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /** What is in the way must be a socket on which nobody listens. */
    private static void checkFree(Path file) throws IOException {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!FileType.SOCKET.is(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("there is a file that is no socket");
        }
        try (SocketChannel listening = SocketChannel.open(UnixDomainSocketAddress.of(file))) {
            throw new BindException("in use: " + listening);
        } catch (ConnectException e) {
            return; // refused: left behind by a process that is gone
        }
    }

    /** What it is bound to, with the port that the kernel chose. */
    public EndpointAddress address() {
        return address;
    }

    ServerSocketChannel channel() {
        return channel;
    }

    /** Tells when somebody connects; it stays open until {@link #close}. */
    Selector selector() {
        return selector;
    }

    /** Listens no more, but {@link #selector} goes on. The file goes first, as long as it is still this one's: a successor waits until nobody listens. */
    void stopListening() {
        if (!channel.isOpen()) {
            return; // what is there now is somebody else's, even with the same inode
        }
        try {
            if (file != null
                    && fileKey != null
                    && fileKey.equals(Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                            .fileKey())) {
                Files.delete(file);
            }
        } catch (IOException e) {
            // Somebody else has removed it.
        } finally {
            close(channel);
            selector.wakeup(); // a channel is closed for good when the selector has let go of it
        }
    }

    @Override
    public void close() {
        stopListening();
        close(selector);
    }

    private static void close(Closeable what) {
        try {
            what.close();
        } catch (IOException e) {
            throw new IllegalStateException("close(2) failed", e);
        }
    }
}
