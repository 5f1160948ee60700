package dev.sluice.cli.admin.http;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.options.AdminConfig;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GateTest {
    private static Gate gate(String address, String... more) {
        return new Gate(AdminConfig.parse(address), List.of(more));
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost:9901", "LocalHost:9901", "127.0.0.1:9901", "[::1]:9901"})
    void loopbackIsKnownByItsNamesWithThePort(String host) {
        assertTrue(gate("127.0.0.1:9901").knows(List.of(host)));
        assertTrue(gate("[::1]:9901").knows(List.of(host)));
        assertFalse(gate("127.0.0.1:9902").knows(List.of(host)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "localhost", "localhost:", "127.0.0.1", "10.0.0.1:9901", "evil:9901", "localhost:9901.evil"})
    void othersAreNot(String host) {
        assertFalse(gate("127.0.0.1:9901").knows(List.of(host)));
    }

    @Test
    void oneHostAndNoMore() {
        assertFalse(gate("127.0.0.1:9901").knows(List.of()));
        assertFalse(gate("127.0.0.1:9901").knows(List.of("localhost:9901", "localhost:9901")));
    }

    /** Whoever forwards a port to it, as {@code ssh -L} does, chooses which. */
    @Test
    void aUnixSocketHasNoPortOfItsOwn() {
        assertTrue(gate("unix:/run/a.sock").knows(List.of("localhost")));
        assertTrue(gate("unix:/run/a.sock").knows(List.of("localhost:9901")));
        assertTrue(gate("unix:/run/a.sock").knows(List.of("[::1]:80")));
        for (String other :
                List.of("evil", "evil:9901", "localhost:", "localhost:9901:1", "localhost.evil:9901", "[::1]:123456")) {
            assertFalse(gate("unix:/run/a.sock").knows(List.of(other)), other);
        }
    }

    /** An address cannot be pointed elsewhere, as a name can. */
    @Test
    void aWildcardIsKnownByAnyAddress() {
        assertTrue(gate("0.0.0.0:9901").knows(List.of("10.1.2.3:9901")));
        assertTrue(gate("[::]:9901").knows(List.of("[2001:db8::1]:9901")));
        assertFalse(gate("0.0.0.0:9901").knows(List.of("10.1.2.3:9902")));
        assertFalse(gate("0.0.0.0:9901").knows(List.of("proxy.example:9901")));
        assertTrue(gate("0.0.0.0:9901", "Proxy.example:9901").knows(List.of("proxy.example:9901")));
    }

    @Test
    void tokens() {
        Gate gate = gate("127.0.0.1:9901");
        assertTrue(gate.trusts(List.of()), "there is none");
        gate.setToken("secret");
        assertTrue(gate.trusts(List.of("Bearer secret")));
        assertTrue(gate.trusts(List.of("bearer  secret ")));
        for (String wrong :
                List.of("", "Bearer", "Bearer ", "Bearer secre", "Bearer secrets", "secret", "Basic secret")) {
            assertFalse(gate.trusts(List.of(wrong)), wrong);
        }
        assertFalse(gate.trusts(List.of()));
        assertFalse(gate.trusts(List.of("Bearer secret", "Bearer secret")));
        gate.setToken("other");
        assertFalse(gate.trusts(List.of("Bearer secret")));
    }
}
