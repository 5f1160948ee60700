package dev.sluice.proxy.health;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.Bytes;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.config.ProxyHeader;
import dev.sluice.proxy.health.dialogue.Dialogue;
import dev.sluice.proxy.health.dialogue.Verdict;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.ServerProcess;
import dev.sluice.proxy.testkit.TalkingServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Checks that begin with a PROXY header, and servers that want one. */
class ProxyHeaderServerTest extends RealSockets {
    private static final String LOCAL = "\r\n\r\n\0\r\nQUIT\n \0\0\0";
    private static final HealthCheck.Http HTTP = HealthCheck.Http.of("/");

    private final ProbeRig rig = new ProbeRig();
    private Path folder = Path.of("");
    private Address address = new Address.V4(0x7f000001, 0);

    @BeforeEach
    void open() throws Exception {
        folder = ServerProcess.folder();
        address = new Address.V4(0x7f000001, ServerProcess.freePort());
    }

    @AfterEach
    void delete() throws Exception {
        rig.close();
        ServerProcess.delete(folder);
    }

    private Verdict ask(HealthCheck check, ProxyHeader header, Address server) {
        return rig.ask(Dialogue.of(check, server.toString()), header, server, ProbeRig.PATIENT);
    }

    private static void await(Address server) throws InterruptedException {
        for (int i = 0; i < 500; i++) {
            try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                return;
            } catch (IOException notYet) {
                Thread.sleep(20);
            }
        }
        throw new AssertionError("nobody listens at " + server);
    }

    private void asksWith(String reason, ProxyHeader... headers) {
        for (ProxyHeader header : headers) {
            assertEquals(Verdict.alive(reason), ask(HTTP, header, address), header::toString);
        }
        Verdict without = ask(HTTP, ProxyHeader.NONE, address);
        assertEquals(Verdict.Kind.FAILED, without.kind(), without::toString);
    }

    @Test
    void nginx() throws Exception {
        String program = ServerProcess.needs("nginx", "nginx-light", "/usr/sbin");
        Path config = Files.writeString(folder.resolve("nginx.conf"), """
                daemon off;
                pid nginx.pid;
                error_log stderr info;
                events {}
                http {
                    access_log off;
                    client_body_temp_path body;
                    proxy_temp_path proxy;
                    fastcgi_temp_path fastcgi;
                    uwsgi_temp_path uwsgi;
                    scgi_temp_path scgi;
                    server {
                        listen %s proxy_protocol;
                        location / { return 200 "$proxy_protocol_addr"; }
                    }
                }
                """.formatted(address));
        try (ServerProcess _ = ServerProcess.start(folder, program, "-p", folder.toString(), "-c", config.toString())) {
            await(address);
            asksWith("status 200", ProxyHeader.V1, ProxyHeader.V2);
        }
    }

    @Test
    void haproxy() throws Exception {
        String program = ServerProcess.needs("haproxy", "haproxy", "/usr/sbin");
        Path config = Files.writeString(folder.resolve("haproxy.cfg"), """
                defaults
                    mode http
                    timeout client 5s
                    timeout server 5s
                    timeout connect 5s
                frontend f
                    bind %s accept-proxy
                    http-request return status 200 content-type text/plain string "%%[src]"
                """.formatted(address));
        try (ServerProcess _ = ServerProcess.start(folder, program, "-db", "-f", config.toString())) {
            await(address);
            asksWith("status 200", ProxyHeader.V1, ProxyHeader.V2);
        }
    }

    @Test
    void comesFirstWhoeverSpeaksFirst() {
        HealthCheck listens = new HealthCheck.Expect(Bytes.NONE, Bytes.ofText("hello"));
        HealthCheck speaks = new HealthCheck.Expect(Bytes.ofText("hi"), Bytes.ofText("hello"));
        for (HealthCheck check : new HealthCheck[] {listens, speaks}) {
            try (TalkingServer server = new TalkingServer(socket -> {
                String expected = check.equals(listens) ? LOCAL : LOCAL + "hi";
                if (TalkingServer.hear(socket, expected.length()).equals(expected)) {
                    TalkingServer.say(socket, "hello");
                }
            })) {
                Verdict verdict = ask(check, ProxyHeader.V2, server.address());
                assertEquals(Verdict.Kind.ALIVE, verdict.kind(), verdict::toString);
            }
        }
    }

    @Test
    void version1HasTheAddressesOfTheCheck() {
        String[] heard = new String[1];
        try (TalkingServer server = new TalkingServer(socket -> {
            String line = "PROXY TCP4 127.0.0.1 127.0.0.1 " + socket.getPort() + " " + socket.getLocalPort() + "\r\n";
            heard[0] = TalkingServer.hear(socket, line.length());
            TalkingServer.say(socket, heard[0].equals(line) ? "hello" : "no");
            socket.shutdownOutput();
        })) {
            HealthCheck check = new HealthCheck.Expect(Bytes.NONE, Bytes.ofText("hello"));
            Verdict verdict = ask(check, ProxyHeader.V1, server.address());
            assertTrue(verdict.kind() == Verdict.Kind.ALIVE, () -> heard[0]);
        }
    }
}
