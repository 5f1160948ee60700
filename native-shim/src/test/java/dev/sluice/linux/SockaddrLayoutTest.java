package dev.sluice.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/**
 * Addresses as bytes, where the kernel's headers put them: what is written and read in the same wrong order would come back right
 * and mean another port.
 */
class SockaddrLayoutTest extends RealKernel {
    private static final int PORT = 0x1234;
    private static final byte[] V6_BYTES = HexFormat.of().parseHex("20010db800000000fedcba9876543210");

    /** The bytes from the second on; the family in the first two is in the machine's own order. */
    private byte[] behindFamily(Address address, int length) {
        sockaddr.set(address);
        assertEquals(length, sockaddr.length());
        byte[] all = raw(length).toArray(ValueLayout.JAVA_BYTE);
        assertEquals(
                address.family(),
                ByteBuffer.wrap(all).order(ByteOrder.nativeOrder()).getShort());
        byte[] rest = new byte[length - Short.BYTES];
        System.arraycopy(all, Short.BYTES, rest, 0, rest.length);
        return rest;
    }

    @SuppressWarnings("restricted") // the buffer shows its bytes to the kernel only
    private MemorySegment raw(int length) {
        return MemorySegment.ofAddress(sockaddr.address()).reinterpret(length);
    }

    @Test
    void portAndAddressOfIpv4GoFromHighToLow() {
        byte[] expected = HexFormat.of().parseHex("1234" + "c0a801fe" + "0000000000000000");
        assertArrayEquals(expected, behindFamily(new Address.V4(0xc0a8_01fe, PORT), 16));
    }

    @Test
    void portAndAddressOfIpv6GoFromHighToLowAndTheScopeIsTheMachines() {
        ByteBuffer expected = ByteBuffer.allocate(26).order(ByteOrder.nativeOrder());
        expected.put((byte) 0x12).put((byte) 0x34).putInt(0).put(V6_BYTES).putInt(7);
        Address.V6 address = new Address.V6(0x2001_0db8_0000_0000L, 0xfedc_ba98_7654_3210L, 7, PORT);
        assertArrayEquals(expected.array(), behindFamily(address, 28));
    }

    /** What the kernel has written is read in the same order. */
    @Test
    void bytesOfTheKernelAreReadFromHighToLow() {
        ByteBuffer four = ByteBuffer.allocate(16).order(ByteOrder.nativeOrder());
        four.putShort((short) Sockets.AF_INET).put(HexFormat.of().parseHex("1234c0a801fe"));
        assertEquals(new Address.V4(0xc0a8_01fe, PORT), read(four));

        ByteBuffer six = ByteBuffer.allocate(28).order(ByteOrder.nativeOrder());
        six.putShort((short) Sockets.AF_INET6).put((byte) 0x12).put((byte) 0x34);
        six.putInt(0).put(V6_BYTES).putInt(7);
        assertEquals(new Address.V6(0x2001_0db8_0000_0000L, 0xfedc_ba98_7654_3210L, 7, PORT), read(six));
    }

    private Address read(ByteBuffer bytes) {
        raw(bytes.capacity()).copyFrom(MemorySegment.ofBuffer(bytes.rewind()));
        return sockaddr.toAddress();
    }
}
