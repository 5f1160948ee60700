package dev.sluice.proxy.config;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.proxy.config.HealthCheck.StatusRange;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What exists is valid, and what is refused says what would be right. */
class HealthConfigTest {
    private static final HealthConfig TCP = HealthConfig.of(new HealthCheck.Tcp());

    private static void refuses(String message, Executable what) {
        assertEquals(message, assertThrows(IllegalArgumentException.class, what).getMessage());
    }

    @Test
    void rangesOfAllChecks() {
        assertEquals(Duration.ofSeconds(2), TCP.interval());
        refuses("health interval is out of range: PT0.01S to PT24H, not PT0S", () -> TCP.withInterval(Duration.ZERO));
        refuses(
                "health timeout is out of range: PT0.001S to PT1H, not PT2H",
                () -> TCP.withTimeout(Duration.ofHours(2)));
        refuses("health rise is out of range: 1 to 1000, not 0", () -> TCP.withRise(0));
        refuses("health fall is out of range: 1 to 1000, not 1001", () -> TCP.withFall(1001));
        refuses("health port is out of range: 0 to 65535, not -1", () -> TCP.withPort(-1));
        assertEquals(80, TCP.withPort(80).askedPort());
    }

    @Test
    void whatIsSentIsValid() {
        refuses("health path must begin with a slash: 'x'", () -> HealthCheck.Http.of("x"));
        refuses(
                "health path must be visible ASCII without spaces: '/\\u000d\\u000aX: y'",
                () -> HealthCheck.Http.of("/\r\nX: y"));
        refuses(
                "health host must be visible ASCII without spaces: 'a b'",
                () -> new HealthCheck.Http("/", "a b", HealthCheck.Http.DEFAULT_EXPECT));
        refuses(
                "health host: its length is out of range: 1 to 1024, not 0",
                () -> new HealthCheck.Http("/", "", HealthCheck.Http.DEFAULT_EXPECT));
        refuses(
                "health expect is empty: at least one status, such as 200-299",
                () -> new HealthCheck.Http("/", null, List.of()));
        refuses("health expect is out of range: 300 to 599, not 200", () -> new StatusRange(300, 200));
        refuses("health user has a NUL in it: 'a\\u0000'", () -> new HealthCheck.Postgres("a\0", null));
        refuses("health user: its length is out of range: 1 to 1024, not 0", () -> new HealthCheck.Mysql(""));
        refuses(
                "health expect: its length is out of range: 1 to 1024, not 0",
                () -> new HealthCheck.Expect(Bytes.NONE, Bytes.NONE));
    }

    @Test
    void anAgentHasAPortOfItsOwn() {
        HealthConfig agent = HealthConfig.of(new HealthCheck.Agent(8000));
        assertEquals(8000, agent.askedPort());
        refuses("health agent port is out of range: 1 to 65535, not 0", () -> new HealthCheck.Agent(0));
        refuses("health port is 80, but an agent has a port of its own: 0 here", () -> agent.withPort(80));
    }

    @Test
    void aUnixSocketHasNoPort() {
        UpstreamConfig upstream = UpstreamConfig.of("u", List.of(EndpointAddress.parse("unix:/x")));
        assertDoesNotThrow(() -> upstream.withHealth(HealthPolicy.of(TCP)));
        refuses(
                "upstream 'u' is checked on port 80, which 'unix:/x' cannot have",
                () -> upstream.withHealth(HealthPolicy.of(TCP.withPort(80))));
    }

    @Test
    void rangesOfOutliers() {
        Duration second = Duration.ofSeconds(1);
        refuses("outliers failures is out of range: 1 to 10000, not 0", () -> new OutlierConfig(0, second, second, 50));
        refuses(
                "outliers within is out of range: PT0.1S to PT1H, not PT0S",
                () -> new OutlierConfig(1, Duration.ZERO, second, 50));
        refuses(
                "outliers eject is out of range: PT0.1S to PT24H, not PT25H",
                () -> new OutlierConfig(1, second, Duration.ofHours(25), 50));
        refuses(
                "outliers max-ejected is out of range: 1 to 100, not 101",
                () -> new OutlierConfig(1, second, second, 101));
    }

    @Test
    void atMostNeedsACheck() {
        refuses(
                "at-most is 1, but without a health check every endpoint counts as healthy: 0, or a check beside it",
                () -> HealthPolicy.NONE.withAtMost(1));
        refuses("at-most is out of range: 0 to 10000, not -1", () -> HealthPolicy.NONE.withAtMost(-1));
        assertEquals(1, HealthPolicy.of(TCP).withAtMost(1).atMost());
    }

    @Test
    void bytesAreAValue() {
        byte[] own = {1, 2};
        Bytes bytes = Bytes.of(own);
        own[0] = 3;
        bytes.toArray()[1] = 3;
        assertEquals(Bytes.of((byte) 1, (byte) 2), bytes);
        assertEquals(bytes.hashCode(), Bytes.of((byte) 1, (byte) 2).hashCode());
        assertNotEquals(Bytes.of((byte) 1), bytes);
        assertEquals("0102", bytes.toString());
    }
}
