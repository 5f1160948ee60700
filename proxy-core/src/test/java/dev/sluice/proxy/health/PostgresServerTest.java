package dev.sluice.proxy.health;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.health.dialogue.Verdict;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A PostgreSQL server that is asked, and what its log has to say of that. */
@Timeout(120)
class PostgresServerTest extends RealSockets {
    private static final String READY = "database system is ready to accept connections";
    private static final HealthCheck CHECK = HealthCheck.Postgres.ofDefaults();
    private static final int TIMES = 5;

    private final ProbeRig rig = new ProbeRig();
    private Path folder = Path.of("");
    private Address address = new Address.V4(0x7f000001, 0);

    private static String program(String name) {
        String[] folders;
        try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
            folders = versions.map(version -> version.resolve("bin").toString()).toArray(String[]::new);
        } catch (IOException e) {
            folders = new String[0];
        }
        return ServerProcess.needs(name, "postgresql", folders);
    }

    @BeforeEach
    void initialize() throws Exception {
        String initdb = program("initdb");
        folder = ServerProcess.folder();
        address = new Address.V4(0x7f000001, ServerProcess.freePort());
        ServerProcess.prepare(initdb, "-D", data(), "-U", "postgres", "-A", "trust", "-N", "--no-instructions");
    }

    @AfterEach
    void delete() throws Exception {
        rig.close();
        ServerProcess.delete(folder);
    }

    private String data() {
        return folder.resolve("data").toString();
    }

    private ServerProcess start(String... settings) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                program("postgres"),
                "-D",
                data(),
                "-p",
                String.valueOf(address.port()),
                "-k",
                folder.toString(),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "fsync=off"));
        Arrays.stream(settings).forEach(setting -> command.addAll(List.of("-c", setting)));
        return ServerProcess.start(folder, command.toArray(String[]::new));
    }

    private void authenticateBy(String method) throws IOException {
        Files.writeString(folder.resolve("data/pg_hba.conf"), "host all all 127.0.0.1/32 " + method + "\n");
    }

    private Verdict ask(HealthCheck check) {
        return rig.ask(check, address, ProbeRig.PATIENT);
    }

    /** What the log has more after several checks, once the server's processes for them have ended. */
    private String noise(ServerProcess server, Runnable asked) {
        String before = server.log();
        for (int i = 0; i < TIMES; i++) {
            asked.run();
        }
        ProxyRig.pause(300);
        return server.log().substring(before.length());
    }

    private void isReady() {
        try {
            String said = ServerProcess.said(
                    program("pg_isready"), "-h", "127.0.0.1", "-p", String.valueOf(address.port()), "-U", "postgres");
            assertTrue(said.contains("accepting connections"), said);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void oneThatLetsAnybodyInHearsNothingOfIt() throws Exception {
        try (ServerProcess server = start()) {
            server.awaitLog(READY);
            assertEquals("", noise(server, this::isReady));
            assertEquals("", noise(server, () -> assertEquals(Verdict.alive("accepts connections"), ask(CHECK))));
        }
    }

    @Test
    void oneThatAsksForAPasswordHearsNothingOfIt() throws Exception {
        for (String method : List.of("scram-sha-256", "md5", "password")) {
            authenticateBy(method);
            try (ServerProcess server = start()) {
                server.awaitLog(READY);
                assertEquals("", noise(server, this::isReady));
                assertEquals(
                        "", noise(server, () -> assertEquals(Verdict.alive("asks for authentication"), ask(CHECK))));
            }
        }
    }

    @Test
    void oneThatRefusesIsAliveAndAsLoudAsToPgIsready() throws Exception {
        authenticateBy("reject");
        try (ServerProcess server = start()) {
            server.awaitLog(READY);
            long loud = noise(server, this::isReady).lines().count();
            String noise = noise(server, () -> {
                Verdict verdict = ask(CHECK);
                assertEquals(Verdict.Kind.ALIVE, verdict.kind(), verdict::toString);
                assertTrue(verdict.reason().startsWith("refuses with 28000, \"pg_hba.conf rejects"), verdict.reason());
            });
            assertTrue(noise.lines().count() <= loud, noise);
        }
    }

    @Test
    void oneThatTakesNoConnectionsYetIsNotAlive() throws Exception {
        Files.createFile(folder.resolve("data/standby.signal"));
        ServerProcess.prepare(
                "chmod", "644", folder.resolve("data/postgresql.conf").toString());
        try (ServerProcess server = start("hot_standby=off", "primary_conninfo=host=127.0.0.1 port=1")) {
            server.awaitLog("entering standby mode");
            Verdict verdict = ask(CHECK);
            assertEquals(Verdict.Kind.FAILED, verdict.kind(), verdict::toString);
            assertTrue(verdict.reason().startsWith("refuses with 57P03, \"the database system is "), verdict.reason());
        }
    }

    @Test
    void oneThatStopsIsNoticed() throws Exception {
        try (ServerProcess server = start()) {
            server.awaitLog(READY);
            server.signal("STOP");
            assertEquals(Verdict.failed("no answer within 300 ms"), rig.ask(CHECK, address, 300));
            server.signal("CONT");
            assertEquals(Verdict.alive("accepts connections"), ask(CHECK));
        }
        assertEquals(Verdict.failed("cannot be connected to: connection refused (ECONNREFUSED)"), ask(CHECK));
    }

    @Test
    void aCheckThatOnlyConnectsIsNoConnection() throws Exception {
        try (ServerProcess server = start("log_connections=on")) {
            server.awaitLog(READY);
            HealthCheck tcp = new HealthCheck.Tcp();
            assertEquals("", noise(server, () -> assertEquals(Verdict.alive("accepts connections"), ask(tcp))));
            assertTrue(noise(server, () -> ask(CHECK)).contains("connection received"));
        }
    }
}
