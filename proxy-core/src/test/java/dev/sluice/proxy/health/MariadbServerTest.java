package dev.sluice.proxy.health;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.health.dialogue.Verdict;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.ServerProcess;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A MariaDB server that is asked, and whether it holds that against the host. It forgives loopback everything, so that is not it. */
@Timeout(120)
class MariadbServerTest extends RealSockets {
    private static final String READY = "ready for connections";
    private static final int ERRORS = 3;

    private final ProbeRig rig = new ProbeRig();
    private Path folder = Path.of("");
    private Address address = new Address.V4(0x7f000001, 0);

    private static Optional<InetAddress> own() throws IOException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(found -> found instanceof Inet4Address && !found.isLoopbackAddress())
                .findFirst();
    }

    @BeforeEach
    void initialize() throws Exception {
        String install = ServerProcess.needs("mariadb-install-db", "mariadb-server");
        Optional<InetAddress> own = own();
        assumeTrue(own.isPresent(), "needs an IPv4 address besides loopback");
        folder = ServerProcess.folder();
        address = Address.of(own.orElseThrow(), ServerProcess.freePort());
        ServerProcess.prepare(
                install,
                "--no-defaults",
                "--datadir=" + folder.resolve("data"),
                "--auth-root-authentication-method=normal");
    }

    @AfterEach
    void delete() throws Exception {
        rig.close();
        ServerProcess.delete(folder);
    }

    private ServerProcess start(String... settings) throws IOException {
        Path init = folder.resolve("init.sql");
        List<String> users = List.of(
                "CREATE USER IF NOT EXISTS 'check'@'%';", "CREATE USER IF NOT EXISTS 'secret'@'%' IDENTIFIED BY 'x';");
        Files.write(init, users);
        List<String> command = new ArrayList<>(List.of(
                ServerProcess.needs("mariadbd", "mariadb-server", "/usr/sbin"),
                "--no-defaults",
                "--datadir=" + folder.resolve("data"),
                "--socket=" + folder.resolve("socket"),
                "--port=" + address.port(),
                "--init-file=" + init,
                "--max-connect-errors=" + ERRORS,
                "--innodb-flush-log-at-trx-commit=0"));
        command.addAll(List.of(settings));
        return ServerProcess.start(folder, command.toArray(String[]::new));
    }

    /** The server looks the host up first, which may take its time. */
    private Verdict ask(String user) {
        HealthCheck check = new HealthCheck.Mysql(user);
        Verdict verdict = rig.ask(check, address, ProbeRig.PATIENT);
        return verdict.reason().startsWith("no answer") ? rig.ask(check, address, ProbeRig.PATIENT) : verdict;
    }

    private String status(String name) throws Exception {
        String said = ServerProcess.said(
                ServerProcess.needs("mariadb", "mariadb-client"),
                "--no-defaults",
                "--socket=" + folder.resolve("socket"),
                "--user=root",
                "--batch",
                "--skip-column-names",
                "--execute=SHOW GLOBAL STATUS LIKE '" + name + "'");
        return said.strip();
    }

    @Test
    void whoIsLetInIsNotHeldAgainstTheHost() throws Exception {
        try (ServerProcess server = start()) {
            server.awaitLog(READY);
            for (int i = 0; i < 3 * ERRORS; i++) {
                assertEquals(Verdict.alive("lets \"check\" in"), ask("check"));
            }
            assertEquals("Aborted_connects\t0", status("Aborted_connects"));
            assertEquals("Aborted_clients\t0", status("Aborted_clients"));
        }
    }

    @Test
    void whoIsTurnedAwayIsNotHeldAgainstTheHostEither() throws Exception {
        try (ServerProcess server = start()) {
            server.awaitLog(READY);
            for (int i = 0; i < 3 * ERRORS; i++) {
                for (String user : List.of("secret", "nobody")) {
                    Verdict verdict = ask(user);
                    assertEquals(Verdict.Kind.ALIVE, verdict.kind(), verdict::reason);
                    assertTrue(verdict.reason().startsWith("refuses with 1045, \"Access denied"), verdict.reason());
                }
            }
            assertEquals(Verdict.alive("lets \"check\" in"), ask("check"));
        }
    }

    @Test
    void aCheckThatOnlyConnectsIsNotEither() throws Exception {
        try (ServerProcess server = start()) {
            server.awaitLog(READY);
            for (int i = 0; i < 3 * ERRORS; i++) {
                assertEquals(
                        Verdict.alive("accepts connections"),
                        rig.ask(new HealthCheck.Tcp(), address, ProbeRig.PATIENT));
            }
            assertEquals(Verdict.alive("lets \"check\" in"), ask("check"));
            assertEquals("Aborted_connects\t0", status("Aborted_connects"));
        }
    }

    /** What the others are good for: this is how it goes without them. */
    @Test
    void aHostThatIsBlockedIsTold() throws Exception {
        try (ServerProcess server = start()) {
            server.awaitLog(READY);
            for (int i = 0; i <= ERRORS; i++) {
                try (Socket socket = new Socket(own().orElseThrow(), address.port())) {
                    assertTrue(socket.getInputStream().read() >= 0);
                }
                String counted = "Aborted_connects\t" + (i + 1);
                for (int n = 0; n < 100 && !counted.equals(status("Aborted_connects")); n++) {
                    Thread.sleep(20);
                }
            }
            Verdict verdict = ask("check");
            assertEquals(Verdict.Kind.FAILED, verdict.kind(), verdict::reason);
            assertTrue(verdict.reason().startsWith("refuses with 1129, \"Host "), verdict.reason());
        }
    }

    @Test
    void oneThatIsFullIsTold() throws Exception {
        try (ServerProcess server = start("--max-connections=10", "--extra-max-connections=1")) {
            server.awaitLog(READY);
            List<Socket> sockets = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                sockets.add(new Socket(own().orElseThrow(), address.port()));
            }
            Verdict verdict = ask("check");
            for (int n = 0; n < 20 && verdict.kind() != Verdict.Kind.FAILED; n++) {
                Thread.sleep(100); // until it has taken them all in
                verdict = ask("check");
            }
            for (Socket socket : sockets) {
                socket.close();
            }
            assertEquals(Verdict.Kind.FAILED, verdict.kind(), verdict::reason);
            assertTrue(verdict.reason().startsWith("refuses with 1040, \"Too many connections"), verdict.reason());
        }
    }
}
