package dev.sluice.cli.names;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** RFC 6724's examples (10.2) as far as the rules go that are followed. */
class AddressOrderTest {
    /** What the kernel would send from, by the destination; where there is no way, none. */
    private final Map<InetAddress, InetAddress> sources = new HashMap<>();

    private final AddressOrder order = new AddressOrder(sources::get);

    private static InetAddress ip(String text) {
        return InetAddress.ofLiteral(text);
    }

    private AddressOrderTest from(String source, String... destinations) {
        for (String destination : destinations) {
            sources.put(ip(destination), ip(source));
        }
        return this;
    }

    private void best(String... expected) throws InterruptedException {
        List<InetAddress> addresses =
                Arrays.stream(expected).map(AddressOrderTest::ip).toList();
        assertEquals(addresses, order.sort(addresses));
    }

    /** The same, also when the server had them the other way round. */
    private void bestAnyway(String first, String second) throws InterruptedException {
        best(first, second);
        assertEquals(List.of(ip(first), ip(second)), order.sort(List.of(ip(second), ip(first))));
    }

    @Test
    void nativeIpv6IsBetterThanIpv4() throws Exception {
        from("2001:db8:1::2", "2001:db8:1::1").from("198.51.100.117", "198.51.100.121");
        bestAnyway("2001:db8:1::1", "198.51.100.121");
    }

    @Test
    void withoutIpv6ItComesLast() throws Exception {
        from("198.51.100.117", "198.51.100.121");
        bestAnyway("198.51.100.121", "2001:db8:1::1");
    }

    /** A container whose only IPv6 address is a unique local one: to the world it has IPv4. */
    @Test
    void ipv4IsBetterThanIpv6FromAnAddressOfAnotherKind() throws Exception {
        from("fd00::2", "2001:db8:1::1").from("10.0.0.2", "198.51.100.121");
        bestAnyway("198.51.100.121", "2001:db8:1::1");
    }

    @Test
    void ipv4IsBetterThanAUniqueLocalAddress() throws Exception {
        from("fd00::2", "fd00::1").from("10.0.0.2", "10.0.0.1");
        bestAnyway("10.0.0.1", "fd00::1");
    }

    @Test
    void theScopeMustFit() throws Exception {
        from("fe80::2", "2001:db8:1::1").from("198.51.100.117", "198.51.100.121");
        bestAnyway("198.51.100.121", "2001:db8:1::1");
    }

    @Test
    void oldKindsOfIpv6ComeAfterIpv4() throws Exception {
        from("2002:c633:6401::2", "2002:c633:6401::1").from("198.51.100.117", "198.51.100.121");
        bestAnyway("198.51.100.121", "2002:c633:6401::1");
        from("2001::2", "2001::1");
        bestAnyway("198.51.100.121", "2001::1");
    }

    /** A server hands its addresses out in turns, and that is to stay so. */
    @Test
    void equalsKeepTheirOrder() throws Exception {
        from("10.0.0.2", "10.0.0.9", "10.0.0.1", "10.200.0.1");
        best("10.0.0.9", "10.0.0.1", "10.200.0.1");
        best("10.200.0.1", "10.0.0.1", "10.0.0.9");
    }

    @Test
    void loopbackIsReachedOnEveryMachine() throws Exception {
        List<InetAddress> sorted = new AddressOrder().sort(List.of(ip("255.255.255.255"), ip("127.0.0.1")));
        assertEquals(List.of(ip("127.0.0.1"), ip("255.255.255.255")), sorted);
    }
}
