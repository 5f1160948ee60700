package dev.sluice.proxy.health;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.health.dialogue.Verdict;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.ServerProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Python's HTTP server is asked: Patroni's interface is one, and it complains of clients that leave before they have heard all. */
class HttpServerTest extends RealSockets {
    private final ProbeRig rig = new ProbeRig();
    private Path folder = Path.of("");

    @BeforeEach
    void open() throws Exception {
        ServerProcess.needs("python3", "python3", "/usr/bin");
        folder = ServerProcess.folder();
        Files.writeString(folder.resolve("primary"), "x".repeat(50_000));
    }

    @AfterEach
    void delete() throws Exception {
        rig.close();
        ServerProcess.delete(folder);
    }

    @Test
    void isAskedWithoutAComplaint() throws Exception {
        Address address = new Address.V4(0x7f000001, ServerProcess.freePort());
        try (ServerProcess server = ServerProcess.start(
                folder,
                ServerProcess.needs("python3", "python3", "/usr/bin"),
                "-u",
                "-m",
                "http.server",
                "--protocol",
                "HTTP/1.1",
                "--bind",
                "127.0.0.1",
                String.valueOf(address.port()))) {
            server.awaitLog("Serving HTTP");
            for (int i = 0; i < 5; i++) {
                assertEquals(
                        Verdict.alive("status 200"),
                        rig.ask(HealthCheck.Http.of("/primary"), address, ProbeRig.PATIENT));
            }
            assertEquals(
                    Verdict.failed("status 404, not 200-299"),
                    rig.ask(HealthCheck.Http.of("/replica"), address, ProbeRig.PATIENT));
            ProxyRig.pause(200);
            String log = server.log();
            assertEquals(5, log.split("\"GET /primary HTTP/1.1\" 200 -", -1).length - 1, log);
            assertTrue(!log.contains("Traceback") && !log.contains("Error"), log);
        }
    }
}
