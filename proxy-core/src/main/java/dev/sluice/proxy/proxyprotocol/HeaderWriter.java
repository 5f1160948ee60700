package dev.sluice.proxy.proxyprotocol;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.ProxyHeader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Headers of the PROXY protocol, whole, to be the first bytes of a connection (proxy-protocol.txt, 2.1 and 2.2). */
public final class HeaderWriter {
    private static final String UNKNOWN = "PROXY UNKNOWN\r\n";

    private static final byte[] SIGNATURE = {'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};
    /** Version in the high half of a byte, command in the low one. */
    private static final int LOCAL = 0x20;

    private static final int PROXY = 0x21;

    /** Family in the high half of a byte, a stream in the low one. */
    private static final int UNSPECIFIED = 0x00;

    private static final int TCP4 = 0x11;
    private static final int TCP6 = 0x21;
    private static final int UNIX_STREAM = 0x31;

    /** Of each of the addresses, bytes. */
    private static final int V4_LENGTH = 4;

    private static final int V6_LENGTH = 16;
    private static final int UNIX_LENGTH = 108;

    /** Signature, command, family and length, bytes. */
    private static final int START = SIGNATURE.length + 2 + Short.BYTES;

    private HeaderWriter() {}

    /**
     * A connection for somebody else.
     *
     * @param from whom it is for
     * @param to where he connected to
     * @return nothing for {@link ProxyHeader#NONE}
     */
    public static byte[] proxied(ProxyHeader version, Address from, Address to) {
        return switch (version) {
            case NONE -> new byte[0];
            case V1 -> line(from, to);
            case V2 -> binary(from, to);
        };
    }

    /**
     * A connection for nobody else, such as a check. Version 2 has a word for that, LOCAL; in version 1 its own addresses stand there,
     * since there are receivers that refuse UNKNOWN (proxy-protocol.txt, 2.1).
     *
     * @param from the connection's own end
     * @param to its other end
     * @return nothing for {@link ProxyHeader#NONE}
     */
    public static byte[] own(ProxyHeader version, Address from, Address to) {
        return version == ProxyHeader.V2 ? begin(LOCAL, UNSPECIFIED, 0).array() : proxied(version, from, to);
    }

    private static byte[] line(Address from, Address to) {
        boolean four = from instanceof Address.V4 && to instanceof Address.V4;
        boolean six = from instanceof Address.V6 && to instanceof Address.V6;
        String line = four || six
                ? "PROXY TCP" + (four ? 4 : 6) + " " + host(from) + " " + host(to) + " " + from.port() + " " + to.port()
                        + "\r\n"
                : UNKNOWN;
        return line.getBytes(StandardCharsets.US_ASCII);
    }

    /** Without a port, brackets, or the interface of a link-local address, of which the protocol knows nothing. */
    private static String host(Address address) {
        Address plain = address instanceof Address.V6 six ? new Address.V6(six.high(), six.low(), 0, 0) : address;
        String text = plain.toString();
        return text.substring(0, text.lastIndexOf(':')).replace("[", "").replace("]", "");
    }

    private static byte[] binary(Address from, Address to) {
        if (from instanceof Address.V4 source && to instanceof Address.V4 destination) {
            return begin(PROXY, TCP4, 2 * V4_LENGTH + 2 * Short.BYTES)
                    .putInt(source.address())
                    .putInt(destination.address())
                    .putShort((short) source.port())
                    .putShort((short) destination.port())
                    .array();
        }
        if (from instanceof Address.V6 source && to instanceof Address.V6 destination) {
            return begin(PROXY, TCP6, 2 * V6_LENGTH + 2 * Short.BYTES)
                    .putLong(source.high())
                    .putLong(source.low())
                    .putLong(destination.high())
                    .putLong(destination.low())
                    .putShort((short) source.port())
                    .putShort((short) destination.port())
                    .array();
        }
        if (from instanceof Address.Unix source && to instanceof Address.Unix destination) {
            return begin(PROXY, UNIX_STREAM, 2 * UNIX_LENGTH)
                    .put(path(source))
                    .put(path(destination))
                    .array();
        }
        return begin(PROXY, UNSPECIFIED, 0).array();
    }

    /** As in sun_path (unix(7)): an abstract name begins with a zero, and zeros follow. */
    private static byte[] path(Address.Unix unix) {
        byte[] text = unix.path().getBytes(StandardCharsets.UTF_8);
        if (unix.isAbstract()) {
            text[0] = 0;
        }
        return ByteBuffer.allocate(UNIX_LENGTH).put(text).array();
    }

    private static ByteBuffer begin(int command, int family, int length) {
        return ByteBuffer.allocate(START + length)
                .put(SIGNATURE)
                .put((byte) command)
                .put((byte) family)
                .putShort((short) length);
    }
}
