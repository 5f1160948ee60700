package dev.sluice.tests.servers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Daemon;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Payload;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Relays;
import dev.sluice.tests.testkit.SelfSigned;
import dev.sluice.tests.testkit.SluiceProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An nginx that speaks TLS behind the proxy, and Java's HTTP client before it. */
@Timeout(120)
class NginxTest {
    private static final byte[] LARGE = Payload.bytes(5, 64 << 20);

    @TempDir
    private static Path folder;

    private static SelfSigned own;
    private static int port;
    private static @Nullable Daemon nginx;

    @BeforeAll
    static void startServer() throws Exception {
        Path program = Machine.needs("nginx", "nginx-light");
        own = SelfSigned.create(folder);
        port = Machine.freePort();
        Path www = Files.createDirectories(folder.resolve("www"));
        Files.write(www.resolve("large"), LARGE);
        for (int i = 0; i < 50; i++) {
            Files.writeString(www.resolve("small" + i), "file " + i);
        }
        Path configuration = folder.resolve("nginx.conf");
        Files.writeString(configuration, configuration());
        nginx = Daemon.start(
                folder,
                port,
                List.of(program.toString(), "-p", folder.toString(), "-c", configuration.toString(), "-e", "stderr"));
    }

    /** Keeps everything in the folder. */
    private static String configuration() {
        return """
            daemon off;
            worker_processes 1;
            pid %1$s/nginx.pid;
            error_log stderr;
            %2$s
            events { worker_connections 512; }
            http {
                access_log off;
                client_max_body_size 1m;
                client_body_temp_path %1$s/body;
                proxy_temp_path %1$s/proxy;
                fastcgi_temp_path %1$s/fastcgi;
                uwsgi_temp_path %1$s/uwsgi;
                scgi_temp_path %1$s/scgi;
                ssl_certificate %1$s/server.crt;
                ssl_certificate_key %1$s/server.key;
                server {
                    listen 127.0.0.1:%3$d ssl http2;
                    root %1$s/www;
                }
            }
            """.formatted(folder, Machine.isRoot() ? "user root;" : "", port);
    }

    @AfterAll
    static void stopServer() {
        if (nginx != null) {
            nginx.close();
        }
    }

    private static SluiceProcess proxy(Relay relay) {
        return SluiceProcess.run(
                "--listen", "127.0.0.1:0", "--to", "127.0.0.1:" + port, "--relay", relay.word(), "--threads", "2");
    }

    private static HttpClient client(HttpClient.Version version) {
        return HttpClient.newBuilder()
                .sslContext(own.trusting())
                .version(version)
                .connectTimeout(Duration.ofSeconds(10))
                .build();
    }

    private static HttpRequest get(SluiceProcess sluice, String file) {
        return HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + sluice.port() + "/" + file))
                .timeout(Duration.ofSeconds(60))
                .build();
    }

    @Relays
    void aLargeDownload(Relay relay) throws IOException, InterruptedException {
        try (SluiceProcess sluice = proxy(relay)) {
            try (HttpClient client = client(HttpClient.Version.HTTP_1_1)) {
                HttpResponse<byte[]> response =
                        client.send(get(sluice, "large"), HttpResponse.BodyHandlers.ofByteArray());
                assertEquals(200, response.statusCode());
                assertArrayEquals(LARGE, response.body());
            }
            AccessLine line = sluice.awaitLog(0, 1).getFirst();
            assertTrue(line.down() > LARGE.length, line.text());
        }
    }

    @Relays
    void manyRequestsOverOneConnectionAndOverMany(Relay relay) throws Exception {
        for (HttpClient.Version version : HttpClient.Version.values()) {
            if (version.name().equals("HTTP_3")) {
                continue; // not TCP
            }
            try (SluiceProcess sluice = proxy(relay);
                    HttpClient client = client(version)) {
                List<CompletableFuture<HttpResponse<String>>> responses = new ArrayList<>();
                for (int i = 0; i < 100; i++) {
                    responses.add(
                            client.sendAsync(get(sluice, "small" + i % 50), HttpResponse.BodyHandlers.ofString()));
                }
                for (int i = 0; i < responses.size(); i++) {
                    HttpResponse<String> response = responses.get(i).get(30, TimeUnit.SECONDS);
                    assertEquals("file " + i % 50, response.body());
                    assertEquals(version, response.version());
                }
            }
        }
    }
}
