package dev.sluice.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A socket address as the kernel reads and writes it, off-heap, with its length: one is enough for many calls.
 *
 * <pre>
 * struct sockaddr_in  { u16 family; be16 port; be32 addr; };                                  // ip(7), 16 bytes
 * struct sockaddr_in6 { u16 family; be16 port; be32 flowinfo; u8 addr[16]; u32 scope_id; };   // ipv6(7), 28 bytes
 * struct sockaddr_un  { u16 family; char path[108]; };                                        // unix(7), 110 bytes
 * </pre>
 */
public final class SockaddrBuffer {
    /** sizeof(struct sockaddr_storage): any address fits. */
    private static final int STORAGE = 128;

    private static final int LENGTH = STORAGE; // the socklen_t lies behind the address
    private static final int SIZE = STORAGE + Integer.BYTES;

    private static final int PORT = 2;
    private static final int V4_ADDRESS = 4;
    private static final int V4_SIZE = 16;
    private static final int V6_FLOW = 4;
    private static final int V6_ADDRESS = 8;
    private static final int V6_SCOPE = 24;
    private static final int V6_SIZE = 28;
    private static final int UNIX_PATH = 2;

    private static final ValueLayout.OfShort PORT_LAYOUT = JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt V4_LAYOUT = JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong V6_LAYOUT = ValueLayout.JAVA_LONG.withOrder(ByteOrder.BIG_ENDIAN);

    private final MemorySegment memory;

    public SockaddrBuffer(Kernel kernel) {
        this.memory = kernel.allocate(SIZE);
    }

    /** Fills the buffer. {@link Address.Unix#UNNAMED} binds to an abstract name of the kernel's choice. */
    public void set(Address address) {
        memory.fill((byte) 0);
        memory.set(JAVA_SHORT, 0, (short) address.family());
        int length = switch (address) {
            case Address.V4 four -> {
                memory.set(PORT_LAYOUT, PORT, (short) four.port());
                memory.set(V4_LAYOUT, V4_ADDRESS, four.address());
                yield V4_SIZE;
            }
            case Address.V6 six -> {
                memory.set(PORT_LAYOUT, PORT, (short) six.port());
                memory.set(V4_LAYOUT, V6_FLOW, 0);
                memory.set(V6_LAYOUT, V6_ADDRESS, six.high());
                memory.set(V6_LAYOUT, V6_ADDRESS + Long.BYTES, six.low());
                memory.set(JAVA_INT, V6_SCOPE, six.scope());
                yield V6_SIZE;
            }
            case Address.Unix unix -> setUnix(unix);
        };
        memory.set(JAVA_INT, LENGTH, length);
    }

    /** An abstract name is as long as the length says, zeros included; a path ends with a zero, which counts. */
    private int setUnix(Address.Unix unix) {
        byte[] path = unix.path().getBytes(StandardCharsets.UTF_8);
        if (path.length == 0) {
            return UNIX_PATH;
        }
        MemorySegment.copy(path, 0, memory, JAVA_BYTE, UNIX_PATH, path.length);
        if (unix.isAbstract()) {
            memory.set(JAVA_BYTE, UNIX_PATH, (byte) 0);
            return UNIX_PATH + path.length;
        }
        return UNIX_PATH + path.length + 1;
    }

    /**
     * What the last call or {@link #set} left here. Flow labels are dropped.
     *
     * @throws IllegalStateException for a family that is none of the three
     */
    public Address toAddress() {
        return switch (family()) {
            case Sockets.AF_INET -> new Address.V4(memory.get(V4_LAYOUT, V4_ADDRESS), port());
            case Sockets.AF_INET6 ->
                new Address.V6(
                        memory.get(V6_LAYOUT, V6_ADDRESS),
                        memory.get(V6_LAYOUT, V6_ADDRESS + Long.BYTES),
                        memory.get(JAVA_INT, V6_SCOPE),
                        port());
            case Sockets.AF_UNIX -> toUnix();
            default -> throw new IllegalStateException("no address here: family " + family());
        };
    }

    private int port() {
        return memory.get(PORT_LAYOUT, PORT) & 0xffff;
    }

    private Address toUnix() {
        int length = Math.min(length() - UNIX_PATH, Address.Unix.MAX);
        if (length <= 0) {
            return Address.Unix.UNNAMED;
        }
        byte[] bytes = memory.asSlice(UNIX_PATH, length).toArray(JAVA_BYTE);
        if (bytes[0] == 0) {
            return unix("@" + new String(bytes, 1, length - 1, StandardCharsets.UTF_8));
        }
        int end = 0;
        while (end < length && bytes[end] != 0) {
            end++;
        }
        String path = new String(bytes, 0, end, StandardCharsets.UTF_8);
        return unix(path.startsWith("@") ? "./" + path : path);
    }

    /** Whoever connects chooses his name: one that is no text, or grows too long as text, is as good as none. */
    private static Address unix(String path) {
        try {
            return new Address.Unix(path);
        } catch (IllegalArgumentException e) {
            return Address.Unix.UNNAMED;
        }
    }

    /** {@link Sockets#AF_INET}, {@link Sockets#AF_INET6}, {@link Sockets#AF_UNIX}; 0 when nothing was written yet. */
    public int family() {
        return memory.get(JAVA_SHORT, 0) & 0xffff;
    }

    /** Bytes of the address. */
    int length() {
        return memory.get(JAVA_INT, LENGTH);
    }

    long address() {
        return memory.address();
    }

    long lengthAddress() {
        return memory.address() + LENGTH;
    }

    /** Makes room for an address that the kernel is about to write. */
    void prepare() {
        memory.set(JAVA_INT, LENGTH, STORAGE);
    }
}
