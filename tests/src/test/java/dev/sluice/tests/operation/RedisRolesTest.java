package dev.sluice.tests.operation;

import static dev.sluice.tests.operation.RoleRig.PASSWORD;
import static dev.sluice.tests.operation.RoleRig.USER;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.tests.testkit.Addresses;
import dev.sluice.tests.testkit.Daemon;
import dev.sluice.tests.testkit.Machine;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** Which of a Redis primary and its replica is which, asked by the proxy itself, with a password. */
@Timeout(90)
class RedisRolesTest {
    @TempDir
    private Path folder;

    private final List<AutoCloseable> open = new ArrayList<>();
    private final InetSocketAddress first = new InetSocketAddress("127.0.0.2", Machine.freePort());
    private final InetSocketAddress second = new InetSocketAddress("127.0.0.3", first.getPort());
    private final String one = Addresses.text(first);
    private final String two = Addresses.text(second);

    private Daemon start(InetSocketAddress address, String... options) throws Exception {
        List<String> all = new ArrayList<>(List.of(
                "--requirepass",
                PASSWORD,
                "--masterauth",
                PASSWORD,
                "--repl-ping-replica-period",
                "1",
                "--user",
                USER,
                "on",
                ">" + PASSWORD,
                "+ping",
                "+role",
                "+info"));
        all.addAll(List.of(options));
        Daemon daemon = Redis.start(
                Files.createDirectories(folder.resolve(address.getHostString())), address, all.toArray(String[]::new));
        open.addFirst(daemon);
        return daemon;
    }

    @BeforeEach
    void give() throws Exception {
        Machine.forUnprivileged(folder);
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    private static void follow(InetSocketAddress server, String host, String port) {
        try (Jedis jedis = new Jedis(server.getHostString(), server.getPort())) {
            jedis.auth(PASSWORD);
            if (host.isEmpty()) {
                jedis.slaveofNoOne();
            } else {
                jedis.slaveof(host, Integer.parseInt(port));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"check: redis", "check: redis, user: " + USER})
    void rolesAreExchanged(String check) throws Exception {
        start(first);
        start(second, "--replicaof", first.getHostString(), String.valueOf(first.getPort()));
        try (RoleRig rig = new RoleRig(folder, check, List.of(one, two))) {
            rig.await("primary/" + one, "up", "is a primary");
            rig.await("replicas/" + two, "up", "is a replica, ");
            assertEquals(0, rig.changes("primary/" + two));
            assertEquals(0, rig.changes("replicas/" + one));
            follow(second, "", "");
            rig.await("replicas/" + two, "down", "is a primary, not a replica");
            rig.await("primary/" + one, "down", "2 members are healthy, and at most 1 may be");
            follow(first, "127.0.0.3", String.valueOf(second.getPort()));
            rig.await("primary/" + two, "up", "is a primary");
            rig.await("replicas/" + one, "up", "is a replica, ");
        }
    }

    @Test
    void aReplicaWhosePrimaryIsGone() throws Exception {
        Daemon primary = start(first);
        start(second, "--replicaof", first.getHostString(), String.valueOf(first.getPort()));
        try (RoleRig rig = new RoleRig(folder, "check: redis", List.of(two))) {
            rig.await("replicas/" + two, "up", "is a replica, ");
            primary.kill();
            rig.await("replicas/" + two, "down", " s behind, more than 2 s");
        }
    }

    @Test
    void aWrongPasswordAndOneThatIsFound() throws Exception {
        start(first);
        try (RoleRig rig = new RoleRig(folder, "check: redis", "wrong", List.of(one))) {
            rig.sluice()
                    .awaitStderr(
                            "why",
                            line -> line.contains("primary/" + one + " stays down: does not let us log in: WRONGPASS"));
            Files.writeString(rig.passwordFile(), PASSWORD + "\n");
            rig.await("primary/" + one, "up", "is a primary");
        }
    }
}
