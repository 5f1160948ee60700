package dev.sluice.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses as text. */
class AddressTest {

    @ParameterizedTest
    @CsvSource({
        // RFC 5952, 4.1: leading zeros; 4.2.1: as short as can be; 4.2.2: not for one group; 4.2.3: longest, then first
        "[2001:0db8::0001]:80, [2001:db8::1]:80",
        "[2001:db8:0:0:0:0:2:1]:80, [2001:db8::2:1]:80",
        "[2001:db8:0:1:1:1:1:1]:80, [2001:db8:0:1:1:1:1:1]:80",
        "[2001:0:0:1:0:0:0:1]:80, [2001:0:0:1::1]:80",
        "[2001:db8:0:0:1:0:0:1]:80, [2001:db8::1:0:0:1]:80",
        // 4.3: lower case; the ends; 5: mixed notation for mapped addresses only
        "[2001:DB8::ABCD]:80, [2001:db8::abcd]:80",
        "[::]:0, [::]:0",
        "[::1]:1, [::1]:1",
        "[1::]:1, [1::]:1",
        "[0:1:2:3:4:5:6:7]:1, [0:1:2:3:4:5:6:7]:1",
        "[1:2:3:4:5:6:0:0]:1, [1:2:3:4:5:6::]:1",
        "[::1.2.3.4]:1, [::102:304]:1",
        "[fe80::1%lo]:22, [fe80::1%lo]:22",
        "[fe80::1%999999]:22, [fe80::1%999999]:22",
        "127.0.0.1:80, 127.0.0.1:80",
        "255.0.255.0:65535, 255.0.255.0:65535",
        "unix:/run/x.sock, unix:/run/x.sock",
        "unix:x:1, unix:x:1",
        "unix:@name, unix:@name",
    })
    void parsesAndFormats(String text, String canonical) {
        Address address = Address.parse(text);
        assertEquals(canonical, address.toString());
        assertEquals(address, Address.parse(canonical));
    }

    @Test
    void mappedAddressesAreMixedNotation() {
        assertEquals("[::ffff:192.0.2.128]:80", new Address.V6(0, 0xffff_c000_0280L, 0, 80).toString());
        assertEquals("[::fffe:c000:280]:80", new Address.V6(0, 0xfffe_c000_0280L, 0, 80).toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:-1", "127.0.0.1:65536", "127.0.0.1:8x", "127.1:80",
                "1:80", "256.0.0.1:80", "db1:5432", "::1:80", "::1", "[::1]", "[::1:80", "[127.0.0.1]:80",
                "[::1%]:80", "[::1%no such]:80", "127.0.0.1%lo:80", "[:::]:80", "unix:", "unix:@",
                        "127.0.0.1:99999999999",
            })
    void refuses(String text) {
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> Address.parse(text));
        String message = String.valueOf(refused.getMessage());
        assertTrue(message.length() > 10 && !message.contains("null"), message);
    }

    @Test
    void literalsHaveNoBrackets() {
        assertEquals(new Address.V6(0, 1, 0, 5), Address.ofLiteral("::1", 5));
        assertEquals(new Address.V4(0x7f000001, 5), Address.ofLiteral("127.0.0.1", 5));
        assertThrows(IllegalArgumentException.class, () -> Address.ofLiteral("localhost", 5));
        assertThrows(IllegalArgumentException.class, () -> Address.ofLiteral("::1", -5));
    }

    @Test
    void comesFromInetAddresses() throws Exception {
        assertEquals(new Address.V4(0x01020304, 5), Address.of(InetAddress.getByName("1.2.3.4"), 5));
        assertEquals(
                new Address.V6(0x2001_0db8_0000_0000L, 0x10, 0, 5),
                Address.of(InetAddress.getByName("2001:db8::10"), 5));
        assertThrows(IllegalArgumentException.class, () -> Address.of(InetAddress.getByName("1.2.3.4"), 65536));
    }

    @Test
    void controlCharactersDoNotReachALog() {
        assertEquals("unix:/a\\x0ab\\x1b[1m\\x7f\\x85 é", new Address.Unix("/a\nb\u001b[1m\u007f\u0085 é").toString());
        assertEquals("unix:@a\\x00b", new Address.Unix("@a\0b").toString());
        assertEquals("unix:", Address.Unix.UNNAMED.toString());
    }

    @Test
    void unixPathsFitOrAreRefused() {
        assertEquals(107, new Address.Unix("p".repeat(107)).path().length());
        assertEquals(108, new Address.Unix("@" + "n".repeat(107)).path().length());
        assertThrows(IllegalArgumentException.class, () -> new Address.Unix("@" + "n".repeat(108)));
        assertThrows(IllegalArgumentException.class, () -> new Address.Unix("é".repeat(54)));
        assertThrows(IllegalArgumentException.class, () -> new Address.Unix("/a\0b"));
        assertEquals(
                "unix socket path of 108 bytes, at most 107 fit: " + "p".repeat(108),
                assertThrows(IllegalArgumentException.class, () -> new Address.Unix("p".repeat(108)))
                        .getMessage());
    }

    private static long withZeros(Random random) {
        long value = random.nextLong();
        for (int group = 0; group < 4; group++) {
            long mask = 0xffffL >>> random.nextInt(17);
            value &= ~((0xffffL & ~mask) << (16 * group));
        }
        return value;
    }

    private static void isPlain(Address address) {
        String text = address.toString();
        assertEquals(address, Address.parse(text));
        byte[] out = new byte[2 + Address.MAX_PLAIN];
        int end = address.putPlain(out, 2);
        assertEquals(text, new String(out, 2, end - 2, StandardCharsets.US_ASCII));
    }

    @Test
    void bytesAreTheTextOfAnyAddress() {
        Random random = new Random(5);
        for (int i = 0; i < 20_000; i++) {
            int port = random.nextInt(0x10000) >>> random.nextInt(17);
            isPlain(new Address.V4(random.nextInt() & 0xff00ffff, port));
            isPlain(new Address.V6(withZeros(random), withZeros(random), 0, port));
        }
        isPlain(new Address.V6(-1, -1, 0, 0xffff));
        assertEquals(
                Address.MAX_PLAIN, new Address.V6(-1, -1, 0, 0xffff).toString().length());
    }

    @Test
    void aTextWithANameInItIsNotPlain() {
        for (String text : new String[] {"unix:/run/x.sock", "unix:@x", "[fe80::1%lo]:22", "[fe80::1%999999]:22"}) {
            byte[] out = new byte[Address.MAX_PLAIN];
            assertEquals(0, Address.parse(text).putPlain(out, 0), text);
        }
        assertEquals(7, Address.Unix.UNNAMED.putPlain(new byte[Address.MAX_PLAIN], 7));
    }
}
