package dev.sluice.cli.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.options.Given;
import dev.sluice.proxy.config.HealthConfig;
import dev.sluice.proxy.config.ProxyHeader;
import dev.sluice.proxy.config.RoleCheck;
import dev.sluice.proxy.config.RoleCheck.Database;
import dev.sluice.proxy.config.RoleCheck.Role;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The keys of checks that ask for a role, or begin with a PROXY header. */
class RoleKeysTest {
    private static ConfigFile file(String health) {
        return ConfigFile.parse("f", """
                listeners: [{bind: "h:1", upstream: u}]
                upstreams:
                  - name: u
                    endpoints: ["e:1"]
                    health: {%s}
                """.formatted(health), Map.of(), Given.NOTHING);
    }

    private static HealthConfig read(String health) {
        ConfigFile file = file(health);
        assertEquals(List.of(), file.problems());
        HealthConfig read = Objects.requireNonNull(
                file.config().proxy().upstreams().getFirst().health().check());
        ConfigFile again = ConfigFile.parse("f", file.effective(), Map.of(), Given.NOTHING);
        assertEquals(file.config(), again.config(), file.effective());
        return read;
    }

    @Test
    void everyKey() {
        assertEquals(
                new RoleCheck(
                        Database.POSTGRES, Role.REPLICA, Duration.ofSeconds(30), "check", Path.of("/run/pw"), "app"),
                read("check: postgres, user: check, password-file: /run/pw, database: app, role: replica, max-lag: 30s")
                        .check());
        assertEquals(
                new RoleCheck(Database.MYSQL, Role.PRIMARY, Duration.ZERO, "check", null, null),
                read("check: mysql, user: check, role: primary").check());
        assertEquals(
                new RoleCheck(Database.REDIS, Role.PRIMARY, Duration.ZERO, null, Path.of("/run/pw"), null),
                read("check: redis, password-file: /run/pw, role: primary").check());
        assertEquals(
                new RoleCheck(Database.REDIS, Role.REPLICA, Duration.ofDays(1), "check", Path.of("/run/pw"), null),
                read("check: redis, user: check, password-file: /run/pw, role: replica, max-lag: 1d")
                        .check());
    }

    @ParameterizedTest
    @CsvSource({"true,V2", "v2,V2", "v1,V1", "false,NONE"})
    void sendProxy(String value, ProxyHeader expected) {
        assertEquals(expected, read("check: redis, send-proxy: " + value).sendProxy());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "check: postgres, role: primary | check postgres needs 'user': who is told what a server is",
                "check: mysql, role: primary | check mysql needs 'user': who is told what a server is",
                "check: tcp, role: primary | role means nothing to check: tcp; expected check: postgres, mysql or redis",
                "check: redis, role: master | role 'master' is not one of primary, replica",
                "check: redis, role: primary, user: u | user logs in to redis with a password; expected 'password-file' beside it",
                "check: redis, role: primary, database: d | database means nothing to check: redis; expected no such key",
                "check: redis, role: primary, path: /x | path means nothing to check: redis; expected no such key",
                "check: redis, role: primary, max-lag: 5s | max-lag is a rule about replicas; expected 'role: replica' beside it",
                "check: redis, max-lag: 5s | max-lag is a rule about replicas; expected 'role: replica' beside it",
                "check: redis, role: replica, max-lag: 1500ms | max-lag '1500ms' is not in whole seconds: 1s to 30d",
                "check: redis, password-file: /x | password-file is for a check that asks for a role; expected 'role' beside it",
                "check: postgres, role: primary, user: u, password-file: x | password-file 'x' is not an absolute path, such as /etc/sluice/name",
                "check: tcp, send-proxy: true | send-proxy means nothing to check: tcp, which no server hears of; expected false",
                "check: redis, send-proxy: v3 | send-proxy 'v3' is not one of false, true, v1, v2",
            })
    void whatIsWrong(String health, String expected) {
        List<String> problems = file(health).problems();
        assertEquals(1, problems.size(), problems::toString);
        assertTrue(problems.getFirst().matches("f:5:[0-9]+: .*"), problems::toString);
        assertEquals(expected, problems.getFirst().replaceFirst("f:5:[0-9]+: ", ""));
    }

    @Test
    void noDriverConnectsToAFile() {
        ConfigFile file = ConfigFile.parse("f", """
                listeners: [{bind: "h:1", upstream: u}]
                upstreams: [{name: u, endpoints: [unix:/run/x], health: {check: postgres, user: u, role: primary}}]
                """, Map.of(), Given.NOTHING);
        assertEquals(
                List.of(
                        "f:2:13: upstream 'u' is checked for a role, which the driver of postgres cannot ask 'unix:/run/x' for:"
                                + " host:port"),
                file.problems());
    }
}
