package dev.sluice.proxy.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.Charset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointAddressTest {
    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:80, 127.0.0.1, 80",
        "db1:5432, db1, 5432",
        "db-1.example.org:65535, db-1.example.org, 65535",
        "localhost:0, localhost, 0",
        "h:00080, h, 80",
        "[::1]:80, ::1, 80",
        "[::]:1, ::, 1",
        "[fe80::1%eth0]:443, fe80::1%eth0, 443",
        "[::ffff:1.2.3.4]:9, ::ffff:1.2.3.4, 9",
        "255.0.10.199:1, 255.0.10.199, 1",
        "3com.example:1, 3com.example, 1",
        "1.2.3.x4:1, 1.2.3.x4, 1",
        "10-0-0-5:1, 10-0-0-5, 1",
        "0xyz:1, 0xyz, 1",
    })
    void readsHostAndPort(String text, String host, int port) {
        assertEquals(new EndpointAddress.Tcp(host, port), EndpointAddress.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/run/x.sock", "relative", "@abstract", "@", "/with space:and:colons"})
    void readsUnixPaths(String path) {
        if (path.equals("@")) {
            assertThrows(IllegalArgumentException.class, () -> EndpointAddress.parse("unix:" + path));
        } else {
            assertEquals(new EndpointAddress.Unix(path), EndpointAddress.parse("unix:" + path));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"127.0.0.1:80", "[::1]:80", "[fe80::1%eth0]:443", "db1:0", "unix:/run/x.sock", "unix:@abstract"})
    void writesWhatItReads(String text) {
        assertEquals(text, EndpointAddress.parse(text).toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = true,
            value = {
                "''                | the port is missing",
                "db1               | the port is missing",
                "db1:              | the port is missing",
                ":80               | the host is missing",
                "db1:http          | port 'http' is not a number in 0 to 65535",
                "db1:65536         | port 65536 is not in 0 to 65535",
                "db1:99999         | port 99999 is not in 0 to 65535",
                "db1:100000        | port '100000' is not a number in 0 to 65535",
                "db1:-1            | port '-1' is not a number in 0 to 65535",
                "db1:+1            | port '+1' is not a number in 0 to 65535",
                "db1:8 0           | port '8 0' is not a number in 0 to 65535",
                "db1:٨٠            | port '٨٠' is not a number in 0 to 65535",
                "::1:80            | an IPv6 address needs brackets",
                "a:b:80            | an IPv6 address needs brackets",
                "[::1]             | the port behind the bracket is missing",
                "[::1]80           | the port behind the bracket is missing",
                "[::1]:            | the port is missing",
                "[::1:80           | the closing bracket is missing",
                "[]:80             | only an IPv6 address goes into brackets",
                "[db1]:80          | only an IPv6 address goes into brackets",
                "[127.0.0.1]:80    | only an IPv6 address goes into brackets",
                "db 1:80           | the host has a character that no host has",
                "http://db1:80     | an IPv6 address needs brackets",
                "/db1:80           | the host has a character that no host has",
                "unix:             | the path behind 'unix:' is missing",
            })
    void saysWhatIsWrong(String text, String reason) {
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> EndpointAddress.parse(text));
        assertEquals(
                "'" + text + "' is not an address: " + reason + " (expected host:port, [ipv6]:port or unix:/path)",
                refused.getMessage());
    }

    /** A name that ends in a number cannot be (RFC 1123, 2.1), and what inet_aton(3) makes of it nobody means. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "300.1.1.1",
                "1.2.3.256",
                "1.2.3",
                "127.1",
                "1.2.3.4.5",
                "1.2.3.4.",
                "1..2.3",
                ".1.2.3",
                "010.0.0.1",
                "1.2.3.00",
                "1.2.3.99999999999",
                "2130706433",
                "0x7f.1",
                "0x7f000001",
                "0X7F.0.0.0x1",
                "1.2.3.0x",
                "db.1",
                "example.org.5432",
            })
    void numbersThatAreNoIpv4AddressAreNoName(String host) {
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> EndpointAddress.parse(host + ":80"));
        assertEquals(
                "'" + host + ":80' is not an address: a host that ends in a number must be an IPv4 address,"
                        + " four numbers of 0 to 255 without leading zeros, such as 10.0.0.5"
                        + " (expected host:port, [ipv6]:port or unix:/path)",
                refused.getMessage());
        assertThrows(IllegalArgumentException.class, () -> new EndpointAddress.Tcp(host, 80));
    }

    @ParameterizedTest
    @CsvSource({
        "US-ASCII, ä, US-ASCII",
        "ISO-8859-1, ä, ISO-8859-1",
        "UTF-8, \ufffd, no UTF-8",
        "UTF-8, \ud800, no UTF-8"
    })
    void aPathThatTheLocaleCannotExpress(Charset names, String path, String reason) {
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> FileNames.check("/tmp/" + path, names));
        assertTrue(String.valueOf(refused.getMessage()).contains(reason), refused::toString);
    }

    @ParameterizedTest
    @CsvSource({"US-ASCII, a", "ISO-8859-1, a", "UTF-8, ä", "UTF-8, \ud83d\ude80"})
    void aPathThatTheLocaleCanExpress(Charset names, String path) {
        assertDoesNotThrow(() -> FileNames.check("/tmp/" + path, names));
    }

    @ParameterizedTest
    @ValueSource(strings = {"db1\n:80", "db1\u001b[2J:80", "db1\u007f:80", "db1\u0000:80"})
    void noControlCharactersInHosts(String text) {
        assertThrows(IllegalArgumentException.class, () -> EndpointAddress.parse(text));
    }

    @Test
    void unixPathsFitTheirStructure() {
        String longest = "/" + "x".repeat(EndpointAddress.MAX_UNIX_PATH - 1);
        assertEquals(new EndpointAddress.Unix(longest), EndpointAddress.parse("unix:" + longest));
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> EndpointAddress.parse("unix:" + longest + "x"));
        assertTrue(String.valueOf(refused.getMessage()).contains("108 bytes; at most 107 fit"), refused::toString);
        // Bytes count, not characters.
        assertThrows(IllegalArgumentException.class, () -> new EndpointAddress.Unix("ü".repeat(54)));
        assertEquals(106, new EndpointAddress.Unix("ü".repeat(53)).path().getBytes(UTF_8).length);
        assertThrows(IllegalArgumentException.class, () -> new EndpointAddress.Unix("/a\0b"));
    }
}
