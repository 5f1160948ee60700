package dev.sluice.proxy.proxyprotocol;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.ProxyHeader;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Byte for byte, as proxy-protocol.txt has it. */
class HeaderWriterTest {
    private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";

    private static final Address FROM = Address.parse("192.0.2.1:56324");
    private static final Address TO = Address.parse("198.51.100.255:443");
    private static final Address FROM6 = Address.parse("[2001:db8::1]:1");
    private static final Address TO6 = Address.parse("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static String v1(Address from, Address to) {
        return text(HeaderWriter.proxied(ProxyHeader.V1, from, to));
    }

    private static String v2(Address from, Address to) {
        return hex(HeaderWriter.proxied(ProxyHeader.V2, from, to));
    }

    @Test
    void none() {
        assertEquals("", text(HeaderWriter.proxied(ProxyHeader.NONE, FROM, TO)));
        assertEquals("", text(HeaderWriter.own(ProxyHeader.NONE, FROM, TO)));
    }

    @Test
    void aLineForTcp() {
        assertEquals("PROXY TCP4 192.0.2.1 198.51.100.255 56324 443\r\n", v1(FROM, TO));
        assertEquals("PROXY TCP6 2001:db8::1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 1 65535\r\n", v1(FROM6, TO6));
        assertEquals(
                "PROXY TCP6 fe80::1 ::1 5 6\r\n", v1(new Address.V6(0xfe80L << 48, 1, 1, 5), Address.parse("[::1]:6")));
    }

    @Test
    void aLineForWhatItHasNoWordsFor() {
        assertEquals("PROXY UNKNOWN\r\n", v1(Address.Unix.UNNAMED, new Address.Unix("/run/x")));
        assertEquals("PROXY UNKNOWN\r\n", v1(FROM, TO6));
    }

    @Test
    void theLongestLineIsAsLongAsTheProtocolSays() {
        Address longest = Address.parse("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
        assertEquals(104, v1(longest, longest).length());
    }

    @Test
    void bytesForTcp() {
        assertEquals(SIGNATURE + "2111000c" + "c0000201" + "c63364ff" + "dc04" + "01bb", v2(FROM, TO));
        assertEquals(
                SIGNATURE + "21210024" + "20010db8000000000000000000000001" + "f".repeat(32) + "0001" + "ffff",
                v2(FROM6, TO6));
    }

    @Test
    void bytesForUnix() {
        String from = "00" + hex("name".getBytes(StandardCharsets.US_ASCII)) + "00".repeat(103);
        String to = hex("/run/x".getBytes(StandardCharsets.US_ASCII)) + "00".repeat(102);
        assertEquals(SIGNATURE + "213100d8" + from + to, v2(new Address.Unix("@name"), new Address.Unix("/run/x")));
        assertEquals(
                SIGNATURE + "213100d8" + "00".repeat(108) + to, v2(Address.Unix.UNNAMED, new Address.Unix("/run/x")));
    }

    @Test
    void bytesForWhatItHasNoFamilyFor() {
        assertEquals(SIGNATURE + "21000000", v2(FROM, TO6));
    }

    @Test
    void aCheckIsLocalOrFromItsOwnAddress() {
        assertEquals(SIGNATURE + "20000000", hex(HeaderWriter.own(ProxyHeader.V2, FROM, TO)));
        assertEquals(
                "PROXY TCP4 192.0.2.1 198.51.100.255 56324 443\r\n", text(HeaderWriter.own(ProxyHeader.V1, FROM, TO)));
    }
}
