package dev.sluice.cli.roles;

import dev.sluice.linux.Address;
import dev.sluice.proxy.roles.Asking;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One login on one thread. Drivers make their sockets by themselves, from the name of a class: this is how that class knows whom for.
 */
final class Login {
    private static final ThreadLocal<@Nullable Login> CURRENT = new ThreadLocal<>();

    private final Address server;
    private final Asking asking;
    private final @Nullable String password;
    private @Nullable CheckSocket socket;

    /**
     * @param password null = there is none
     */
    Login(Address server, Asking asking, @Nullable String password) {
        this.server = server;
        this.asking = asking;
        this.password = password;
    }

    /** That of this thread. */
    static Login current() {
        return Objects.requireNonNull(CURRENT.get(), "nobody logs in on this thread");
    }

    /** On this thread, from now on. */
    void begin() {
        CURRENT.set(this);
    }

    static void end() {
        CURRENT.remove();
    }

    Asking asking() {
        return asking;
    }

    @Nullable
    String password() {
        return password;
    }

    /** Of the server, as a URL has it: an IP literal, which no driver looks up. */
    String hostAndPort() {
        String host = inet(server).getHostAddress();
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + server.port();
    }

    InetSocketAddress address() {
        return new InetSocketAddress(inet(server), server.port());
    }

    /** A new one, which this login uses from now on: a driver may try in two ways. */
    CheckSocket open() {
        CheckSocket next = new CheckSocket(this);
        socket = next;
        return next;
    }

    /** The one that was made last. */
    @Nullable
    CheckSocket socket() {
        return socket;
    }

    static InetAddress inet(Address address) {
        try {
            return switch (address) {
                case Address.V4 four ->
                    InetAddress.getByAddress(ByteBuffer.allocate(Integer.BYTES)
                            .putInt(four.address())
                            .array());
                case Address.V6 six -> {
                    byte[] bytes = ByteBuffer.allocate(2 * Long.BYTES)
                            .putLong(six.high())
                            .putLong(six.low())
                            .array();
                    yield six.scope() == 0
                            ? InetAddress.getByAddress(bytes)
                            : Inet6Address.getByAddress(null, bytes, six.scope());
                }
                case Address.Unix unix -> throw new IllegalArgumentException("no IP address: " + unix);
            };
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // they are of the right lengths
        }
    }
}
