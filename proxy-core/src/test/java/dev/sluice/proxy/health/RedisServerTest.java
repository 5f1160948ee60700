package dev.sluice.proxy.health;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.health.dialogue.Verdict;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.ServerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A Redis server that is asked. */
class RedisServerTest extends RealSockets {
    private static final String READY = "eady to accept connections";
    private static final HealthCheck CHECK = new HealthCheck.Redis();

    private final ProbeRig rig = new ProbeRig();
    private Path folder = Path.of("");
    private Address address = new Address.V4(0x7f000001, 0);

    @BeforeEach
    void open() throws Exception {
        ServerProcess.needs("redis-server", "redis-server");
        folder = ServerProcess.folder();
        address = new Address.V4(0x7f000001, ServerProcess.freePort());
    }

    @AfterEach
    void delete() throws Exception {
        rig.close();
        ServerProcess.delete(folder);
    }

    private ServerProcess start(String... settings) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                ServerProcess.needs("redis-server", "redis-server"),
                "--bind",
                "127.0.0.1",
                "--port",
                String.valueOf(address.port()),
                "--dir",
                folder.toString(),
                "--save",
                ""));
        command.addAll(List.of(settings));
        return ServerProcess.start(folder, command.toArray(String[]::new));
    }

    private Verdict ask() {
        return rig.ask(CHECK, address, ProbeRig.PATIENT);
    }

    @Test
    void oneThatAnswersIsAlive() throws Exception {
        try (ServerProcess server = start()) {
            server.awaitLog(READY);
            assertEquals(Verdict.alive("PONG"), ask());
        }
    }

    @Test
    void oneThatWantsAPasswordIsAlive() throws Exception {
        try (ServerProcess server = start("--requirepass", "x")) {
            server.awaitLog(READY);
            assertEquals(Verdict.alive("asks for a password"), ask());
        }
    }

    @Test
    void oneThatLoadsItsDataIsNotAliveYet() throws Exception {
        try (ServerProcess server = start()) {
            server.awaitLog(READY);
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), address.port())) {
                String all = ("SET key%d " + "x".repeat(2000) + "\r\n").repeat(2000);
                int[] key = {0};
                byte[] commands = java.util.regex.Pattern.compile("%d")
                        .matcher(all)
                        .replaceAll(match -> String.valueOf(key[0]++))
                        .concat("SAVE\r\n")
                        .getBytes(StandardCharsets.US_ASCII);
                socket.getOutputStream().write(commands);
                assertEquals(
                        "+OK\r\n".repeat(2001).length(),
                        socket.getInputStream()
                                .readNBytes("+OK\r\n".repeat(2001).length())
                                .length);
            }
        }
        try (ServerProcess server =
                start("--key-load-delay", "5000", "--loading-process-events-interval-bytes", "1024")) {
            server.awaitLog("Server initialized");
            Verdict verdict = ask();
            assertEquals(Verdict.Kind.FAILED, verdict.kind());
            assertTrue(verdict.reason().startsWith("answers \"-LOADING "), verdict.reason());
            server.signal("KILL");
        }
    }

    @Test
    void aReplicaWithoutItsPrimaryIsNotAliveIfItDoesNotServe() throws Exception {
        try (ServerProcess server = start("--replicaof", "127.0.0.1 1", "--replica-serve-stale-data", "no")) {
            server.awaitLog(READY);
            Verdict verdict = ask();
            assertEquals(Verdict.Kind.FAILED, verdict.kind());
            assertTrue(verdict.reason().startsWith("answers \"-MASTERDOWN "), verdict.reason());
        }
    }
}
