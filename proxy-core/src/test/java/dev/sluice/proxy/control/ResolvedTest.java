package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.names.Resolver;
import dev.sluice.proxy.testkit.Layout;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What people write becomes addresses, or a line that says which of it does not. */
class ResolvedTest {
    private static final EndpointAddress TWO = EndpointAddress.parse("two.test:80");
    private static final EndpointAddress UNKNOWN = EndpointAddress.parse("unknown.test:80");
    private static final Address FIRST = Address.parse("10.0.0.2:80");
    private static final Address SECOND = Address.parse("10.0.0.1:80");

    private static List<Address> resolve(EndpointAddress endpoint) throws UnknownHostException {
        if (endpoint.equals(UNKNOWN)) {
            throw new UnknownHostException("scripted");
        }
        return endpoint.equals(TWO) ? List.of(FIRST, SECOND) : Resolver.system(endpoint);
    }

    private static UpstreamConfig upstream(Resolved resolved, String name) {
        return resolved.config().upstreams().stream()
                .filter(upstream -> upstream.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static List<List<Address>> members(Resolved resolved, String upstream) {
        return resolved.members(upstream(resolved, upstream)).stream()
                .map(Resolved.Member::addresses)
                .toList();
    }

    private static ListenerConfig listener(String name, EndpointAddress bind) {
        return ListenerConfig.of(name, bind, "u");
    }

    @Test
    void everythingKeepsItsOrder() throws Refusal {
        ProxyConfig config = Layout.of(1)
                .upstream("u", List.of(EndpointAddress.parse("unix:/run/x.sock"), TWO))
                .upstream("v", List.of(EndpointAddress.parse("[2001:db8::1]:443")))
                .listener(listener("a", TWO))
                .listener(listener("b", EndpointAddress.parse("127.0.0.1:0")))
                .config();
        Resolved resolved = Resolved.of(config, ResolvedTest::resolve);
        assertEquals(config, resolved.config());
        // Of a name with many addresses a listener takes the first.
        assertEquals(List.of(FIRST, Address.parse("127.0.0.1:0")), resolved.binds());
        assertEquals(List.of(List.of(new Address.Unix("/run/x.sock")), List.of(FIRST, SECOND)), members(resolved, "u"));
        assertEquals(List.of(List.of(Address.parse("[2001:db8::1]:443"))), members(resolved, "v"));
    }

    /** An endpoint may resolve later, and is down until then; where to listen must be known now. */
    @Test
    void whatDoesNotResolveIsNamed() throws Refusal {
        Layout upstream = Layout.of(1).upstream("u", List.of(TWO, UNKNOWN)).listener(listener("a", TWO));
        Resolved resolved = Resolved.of(upstream.config(), ResolvedTest::resolve);
        assertEquals(List.of(List.of(FIRST, SECOND), List.of()), members(resolved, "u"));
        assertEquals(
                "the host does not resolve (scripted)",
                resolved.members(upstream(resolved, "u")).get(1).problem());
        Layout listener = Layout.of(1).upstream("u", List.of(TWO)).listener(listener("a", UNKNOWN));
        assertEquals(
                "listener unknown.test:80: the host does not resolve (scripted); check its spelling, /etc/hosts and"
                        + " /etc/resolv.conf",
                refusal(listener));
    }

    @Test
    void anIpv6LiteralThatIsNoneIsNamed() {
        Layout layout = Layout.of(1)
                .upstream("u", List.of(new EndpointAddress.Tcp("2001:db8:::1", 80)))
                .listener(listener("a", TWO));
        assertTrue(refusal(layout).startsWith("upstream [2001:db8:::1]:80: "), refusal(layout));
    }

    private static String refusal(Layout layout) {
        Refusal refused = assertThrows(Refusal.class, () -> Resolved.of(layout.config(), ResolvedTest::resolve));
        String message = String.valueOf(refused.getMessage());
        assertEquals(1, message.lines().count());
        return message;
    }

    @Test
    void theSystemKnowsLiteralsPathsAndItself() throws UnknownHostException {
        for (String text : List.of("127.0.0.1:80", "[::1]:80", "unix:/run/x.sock", "unix:@name")) {
            assertEquals(List.of(Address.parse(text)), Resolver.system(EndpointAddress.parse(text)));
        }
        List<Address> local = Resolver.system(EndpointAddress.parse("localhost:80"));
        assertTrue(local.contains(Address.parse("127.0.0.1:80")), local::toString);
        assertThrows(UnknownHostException.class, () -> Resolver.system(EndpointAddress.parse("no..such:80")));
    }
}
