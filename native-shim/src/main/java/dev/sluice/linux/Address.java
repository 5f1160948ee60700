package dev.sluice.linux;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Where a socket is bound or connected: a value, small on the heap. Its text is {@code 127.0.0.1:80},
 * {@code [2001:db8::1]:80}, {@code [fe80::1%eth0]:80}, {@code unix:/run/x.sock} or {@code unix:@abstract}, with control
 * characters as {@code \xNN}, so that it can go into a log line as it is.
 */
public sealed interface Address {

    /** {@link Sockets#AF_INET}, {@link Sockets#AF_INET6} or {@link Sockets#AF_UNIX}. */
    int family();

    /** 0 … 65535; 0 for a unix socket, which has none. */
    int port();

    /** As above. */
    @Override
    String toString();

    /** Bytes that {@link #putPlain} writes at most: an IPv6 address of 39 characters, its brackets, a colon and a port. */
    int MAX_PLAIN = 47;

    /**
     * Writes {@link #toString()} in ASCII, without making a string of it; of an address whose text has a name in it, a unix socket's or an
     * interface's, nothing.
     *
     * @param out has room for {@link #MAX_PLAIN} bytes
     * @param at where they begin
     * @return where they end; {@code at}, if there are none
     */
    int putPlain(byte[] out, int at);

    /**
     * An address with its port. An IPv4-mapped IPv6 address has become IPv4 in {@link InetAddress} already.
     *
     * @param port 0 … 65535
     * @throws IllegalArgumentException for another port
     */
    static Address of(InetAddress address, int port) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return switch (address) {
            case Inet4Address four -> new V4(bytes.getInt(), port);
            case Inet6Address six -> new V6(bytes.getLong(), bytes.getLong(), six.getScopeId(), port);
            default -> throw new IllegalArgumentException("unknown kind of address: " + address);
        };
    }

    /**
     * The address that a text names without any name service: what {@link #toString()} gives, except that escapes are not
     * undone.
     *
     * @throws IllegalArgumentException when the text is no such literal, with what is wrong
     */
    static Address parse(String text) {
        return AddressText.parse(text);
    }

    /**
     * The address that an IP literal without port or brackets names, {@code fe80::1%eth0} included.
     *
     * @param port 0 … 65535
     * @throws IllegalArgumentException when the text is no such literal
     */
    static Address ofLiteral(String host, int port) {
        checkPort(port);
        return AddressText.parse(host, port);
    }

    /**
     * IPv4, ip(7).
     *
     * @param address first byte in the highest bits
     * @param port 0 … 65535
     */
    record V4(int address, int port) implements Address {
        public V4 {
            checkPort(port);
        }

        @Override
        public int family() {
            return Sockets.AF_INET;
        }

        @Override
        public int putPlain(byte[] out, int at) {
            return AddressText.put(this, out, at);
        }

        @Override
        public String toString() {
            return AddressText.format(this);
        }
    }

    /**
     * IPv6, ipv6(7).
     *
     * @param high first eight bytes, the first one in the highest bits
     * @param low last eight bytes
     * @param scope index of the interface for a link-local address, else 0
     * @param port 0 … 65535
     */
    record V6(long high, long low, int scope, int port) implements Address {
        public V6 {
            checkPort(port);
        }

        @Override
        public int family() {
            return Sockets.AF_INET6;
        }

        @Override
        public int putPlain(byte[] out, int at) {
            return scope == 0 ? AddressText.put(this, out, at) : at;
        }

        @Override
        public String toString() {
            return AddressText.format(this);
        }
    }

    /**
     * Unix domain, unix(7).
     *
     * @param path a path; or {@code @name} in the abstract namespace (a file of such a name is {@code ./@name}); or nothing,
     *     the address of a socket that was never bound
     */
    record Unix(String path) implements Address {
        /** Has no name: the usual client. */
        public static final Unix UNNAMED = new Unix("");

        /** Bytes of {@code sun_path}. */
        static final int MAX = 108;

        /** @throws IllegalArgumentException for more than 107 bytes of UTF-8, or a path with a zero in it */
        public Unix {
            int length = path.getBytes(StandardCharsets.UTF_8).length;
            // An abstract name has a leading zero, where we write @, a path a trailing one: 107 bytes are left to
            // either.
            int most = path.startsWith("@") ? MAX : MAX - 1;
            if (length > most) {
                throw new IllegalArgumentException("unix socket " + (most == MAX ? "name" : "path") + " of " + length
                        + " bytes, at most " + most + " fit: " + AddressText.escape(path));
            }
            if (!path.startsWith("@") && path.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("unix socket path with a zero byte: " + AddressText.escape(path));
            }
        }

        public boolean isAbstract() {
            return path.startsWith("@");
        }

        @Override
        public int port() {
            return 0;
        }

        @Override
        public int family() {
            return Sockets.AF_UNIX;
        }

        @Override
        public int putPlain(byte[] out, int at) {
            return at;
        }

        @Override
        public String toString() {
            return AddressText.format(this);
        }
    }

    private static void checkPort(int port) {
        if (port < 0 || port > 0xffff) {
            throw new IllegalArgumentException("port " + port + " is not in 0 … 65535");
        }
    }
}
