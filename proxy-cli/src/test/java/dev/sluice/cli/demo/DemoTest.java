package dev.sluice.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.Cli;
import dev.sluice.cli.DescriptorLeakCheck;
import dev.sluice.cli.common.Exit;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(DescriptorLeakCheck.class)
class DemoTest {
    @Test
    void onceShowsEveryWayAndLeavesNothing() {
        Cli.Result result = Cli.run("demo", "--once", "--seconds", "1", "--streams", "2");
        assertEquals(Exit.OK, result.code(), result.err());
        assertEquals("", result.err());
        String number = "\\s+\\d+\\.\\d\\d\\s+";
        assertTrue(
                result.out().lines().anyMatch(l -> l.matches("direct" + number + "-\\s+\\d+\\s+agrees")), result.out());
        for (String relay : new String[] {"copy", "splice"}) {
            assertTrue(
                    result.out().lines().anyMatch(l -> l.matches(relay + number + "\\d+\\.\\d{3}\\s+\\d+\\s+agrees")),
                    result.out());
        }
        assertTrue(result.out().contains("By splice"), result.out());
    }

    @Test
    void theOriginIsAWebServer() throws Exception {
        try (Origin origin = new Origin();
                HttpClient client = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .build()) {
            String url = "http://127.0.0.1:" + origin.port();
            HttpResponse<String> page = get(client, url + "/");
            assertEquals(200, page.statusCode());
            assertTrue(page.body().contains("sluice demo"), page.body());
            byte[] bytes = client.send(
                            HttpRequest.newBuilder(URI.create(url + "/bytes/2000000?sha256"))
                                    .build(),
                            BodyHandlers.ofByteArray())
                    .body();
            assertEquals(2_000_000, bytes.length);
            String hash = HexFormat.of().formatHex(Payload.digest().digest(bytes));
            assertEquals(hash, Payload.sha256(2_000_000));
            HttpRequest put = HttpRequest.newBuilder(URI.create(url + "/sha256"))
                    .PUT(BodyPublishers.ofByteArray(bytes))
                    .expectContinue(true)
                    .build();
            assertEquals(hash + "\n", client.send(put, BodyHandlers.ofString()).body());
            assertEquals(404, get(client, url + "/nothing").statusCode());
            assertEquals(404, get(client, url + "/bytes/-1").statusCode());
            assertEquals(200, get(client, url + "/bytes/0").statusCode());
        }
    }

    private static HttpResponse<String> get(HttpClient client, String url) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString());
    }

    /** Something between that changes a byte of each answer. */
    @Test
    void aByteThatChangedIsNoticed() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread liar = Thread.ofPlatform().daemon().start(() -> lie(server));
            try (OriginConnection connection = new OriginConnection(server.getLocalPort())) {
                assertFalse(connection.downloads(3));
            }
            liar.join();
        }
    }

    private static void lie(ServerSocket server) {
        try (Socket socket = server.accept()) {
            Head.read(socket.getInputStream());
            String answer = "HTTP/1.1 200 OK\r\nX-Sha256: " + Payload.sha256(3) + "\r\nContent-Length: 3\r\n\r\nbad";
            socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void anOriginThatRefusesIsAnError() throws IOException {
        try (Origin origin = new Origin();
                OriginConnection connection = new OriginConnection(origin.port())) {
            assertThrows(IOException.class, () -> connection.downloads(-1));
        }
    }

    @Test
    void theSentenceSaysWhatTheNumbersSay() {
        assertTrue(sentence(0.4, 0.1).contains("75% less"), sentence(0.4, 0.1));
        assertTrue(sentence(0.1, 0.2).contains("100% more"), sentence(0.1, 0.2));
        assertTrue(sentence(0.1, 0.101).contains("same"), sentence(0.1, 0.101));
        assertTrue(sentence(Double.NaN, 0.1).contains("cannot be compared"), sentence(Double.NaN, 0.1));
    }

    private static String sentence(double copy, double splice) {
        return Verdict.sentence(
                new Trial.Result("copy", true, 1, copy, 1), new Trial.Result("splice", true, 1, splice, 1));
    }
}
