package dev.sluice.tests.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whoever should not: other origins, wrong tokens, odd requests, too many of them. A session goes on all the while. */
@Timeout(120)
@SuppressWarnings("NullAway.Init") // begin() sets the fields
class StrangersTest {
    private static final String TOKEN = "tell-nobody";
    private static final String GOOD = "Authorization: Bearer " + TOKEN;
    private static final byte[] PING = "ping".getBytes(StandardCharsets.UTF_8);
    private static final long MOST_MORE_KIB = 24 << 10;

    @TempDir
    private Path folder;

    private final Backend echo = Backend.echo();
    private SluiceProcess sluice;
    private AdminClient admin;
    private Socket session;

    @BeforeEach
    void begin() throws IOException {
        Path token = folder.resolve("token");
        Files.writeString(token, TOKEN + "\n");
        sluice = SluiceProcess.run(
                "--listen",
                "127.0.0.1:0",
                "--to",
                echo.address(),
                "--admin",
                "127.0.0.1:0",
                "--admin-token-file",
                token.toString());
        admin = AdminClient.of(sluice);
        session = TestClient.connect(sluice.port());
        TestClient.echo(session, PING);
    }

    @AfterEach
    void end() throws IOException {
        TestClient.echo(session, PING);
        session.close();
        assertTrue(String.join("\n", sluice.stderr()).indexOf(TOKEN) < 0, "the token is nobody's");
        assertEquals(0, sluice.terminate());
        sluice.close();
        echo.close();
    }

    private int status(String request) throws IOException {
        return admin.raw(request).status();
    }

    private static String get(String path, String... headers) {
        return "GET " + path + " HTTP/1.1\r\n" + String.join("\r\n", headers) + "\r\n\r\n";
    }

    @Test
    void hosts() throws IOException {
        String host = "Host: " + admin.host();
        int port = Integer.parseInt(admin.host().substring(admin.host().indexOf(':') + 1));
        assertEquals(200, status(get("/healthz", host)));
        assertEquals(200, status(get("/healthz", "Host: localhost:" + port)));
        assertEquals(200, status(get("/healthz", "host: LOCALHOST:" + port)));
        assertEquals(200, status(get("/healthz", "Host: [::1]:" + port)));
        for (String wrong : List.of(
                "X: 1",
                "Host: evil.example",
                "Host: evil.example:" + port,
                "Host: localhost",
                "Host: localhost:1",
                "Host: 127.0.0.1:" + port + ".evil.example",
                "Host: 10.0.0.1:" + port,
                "Host:",
                host + "\r\n" + host,
                host + "\r\nHost: evil.example")) {
            assertEquals(421, status(get("/healthz", wrong)), wrong);
            assertEquals(
                    421,
                    status("POST /api/v1/quit HTTP/1.1\r\nX-Sluice: 1\r\n" + GOOD + "\r\n" + wrong + "\r\n\r\n"),
                    wrong);
        }
        assertEquals(421, status("GET /healthz HTTP/1.0\r\n\r\n"));
        assertEquals(404, status(get("http://evil.example/healthz", host)));
        assertEquals(404, status(get("http://" + admin.host() + "/healthz", host)));
    }

    /** Everybody gets the page and its files, which know nothing; but at this address only. */
    @Test
    void thePage() throws IOException {
        AdminClient.Answer page = admin.get("/");
        assertEquals(200, page.status());
        assertTrue(page.has("Content-Type: text/html; charset=utf-8"), page::head);
        assertTrue(page.has("Cache-Control: no-store"), page::head);
        assertEquals(
                1,
                page.head()
                        .lines()
                        .filter(line -> line.startsWith("Content-Security-Policy: default-src 'none';"))
                        .count());
        assertTrue(!page.head().contains("unsafe")
                && !page.body().contains("<style")
                && !page.body().contains(" style="));
        List<String> files = Pattern.compile("(?:src|href)=\"(assets/[^\"]+)\"")
                .matcher(page.body())
                .results()
                .map(found -> found.group(1))
                .toList();
        assertTrue(files.size() > 4, page::body);
        for (String file : files) {
            AdminClient.Answer answer = admin.get("/" + file);
            assertEquals(200, answer.status(), file);
            assertTrue(answer.has("X-Content-Type-Options: nosniff"), answer::head);
            assertTrue(answer.has("Cache-Control: public, max-age=31536000, immutable"), answer::head);
            assertEquals(421, status(get("/" + file, "Host: evil.example")), file);
            assertEquals(405, admin.post("/" + file, GOOD).status());
            String name = file.substring(file.lastIndexOf('/') + 1);
            assertEquals(404, admin.get("/assets/" + name).status(), "no hash");
            assertEquals(404, admin.get("/assets/0123456789abcdef/" + name).status(), "another hash");
        }
        String folder = "/" + files.getFirst().substring(0, files.getFirst().lastIndexOf('/') + 1);
        for (String trick :
                List.of("", "..", "../index.html", "%2e%2e%2fPage.class", "index.html", "page.css%00", "x/page.css")) {
            assertEquals(404, admin.get(folder + trick).status(), trick);
        }
        assertEquals(421, status(get("/", "Host: evil.example")));
        assertEquals(404, admin.get("/index.html").status());
    }

    @Test
    void tokens() throws IOException {
        assertEquals(200, admin.get("/healthz").status());
        assertEquals(200, admin.get("/readyz").status());
        assertEquals(200, admin.get("/api/v1/status", GOOD).status());
        for (String wrong : List.of(
                "X: 1",
                "Authorization: " + TOKEN,
                "Authorization: Basic " + TOKEN,
                "Authorization: Bearer ",
                "Authorization: Bearer " + TOKEN + "x",
                "Authorization: Bearer " + TOKEN.substring(1),
                GOOD + "\r\n" + GOOD)) {
            AdminClient.Answer refused = admin.get("/api/v1/status", wrong);
            assertEquals(401, refused.status(), wrong);
            assertTrue(refused.has("WWW-Authenticate: Bearer realm=\"sluice\""), refused::head);
            assertEquals(401, admin.post("/api/v1/quit", wrong).status(), wrong);
            assertEquals(401, admin.get("/api/v1/there/is/no/such", wrong).status(), wrong);
        }
    }

    /** What a form of another site can send, with or without its operator's browser. */
    @Test
    void forms() throws IOException {
        String form = "Content-Type: application/x-www-form-urlencoded";
        assertEquals(
                403,
                admin.ask("POST", "/api/v1/quit", form, GOOD, "Content-Length: 0")
                        .status());
        assertEquals(403, admin.ask("POST", "/api/v1/quit", "X-Sluice: 2", GOOD).status());
        assertEquals(
                403,
                admin.ask("POST", "/api/v1/quit", "X-Sluice: 1", "X-Sluice: 1", GOOD)
                        .status());
        assertEquals(
                405,
                admin.ask("OPTIONS", "/api/v1/quit", GOOD, "Origin: http://evil.example")
                        .status());
        assertEquals(405, admin.get("/api/v1/quit", GOOD).status());
        assertEquals(405, admin.ask("DELETE", "/healthz").status());
        AdminClient.Answer wrong = admin.post("/api/v1/status", GOOD);
        assertEquals(405, wrong.status());
        assertTrue(wrong.has("Allow: GET, HEAD"), wrong::head);
        AdminClient.Answer head = admin.ask("HEAD", "/healthz");
        assertEquals(200, head.status());
        assertEquals("", head.body());
    }

    @Test
    void paths() throws IOException {
        for (String path : List.of(
                "/nothing",
                "/healthz/",
                "//healthz",
                "/./healthz",
                "/api/../healthz",
                "/api/%2e%2e/healthz",
                "/..%2f..%2fetc/passwd",
                "/healthz%00",
                "/healthz%",
                "/healthz%0d%0aX:1",
                "/healthz\\",
                "/HEALTHZ",
                "*",
                "healthz",
                "/" + "a/".repeat(2000))) {
            assertEquals(404, admin.get(path).status(), path);
        }
        assertEquals(404, admin.get("/api/v1/upstreams/..%2f..%2fstatus", GOOD).status());
        assertEquals(404, admin.post("/api/v1/upstreams/x/../../quit", GOOD).status());
        assertEquals(200, admin.get("/healthz?x=//..").status());
    }

    @Test
    void whatIsNoRequest() throws IOException {
        String host = "Host: " + admin.host() + "\r\n";
        assertEquals(400, status("\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n"));
        assertEquals(400, status("GET\r\n\r\n"));
        assertEquals(
                400,
                status("POST /api/v1/quit HTTP/1.1\r\n" + host
                        + "X-Sluice: 1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"));
        assertEquals(0, status(""));
        // A second request in the same connection is nobody's.
        AdminClient.Answer one = admin.raw(get("/healthz", "Host: " + admin.host()) + get("/healthz", "Host: x"));
        assertEquals(200, one.status());
        assertEquals("{\"alive\":true}\n", one.body());
    }

    @Test
    void hugeHeaders() throws IOException {
        long before = sluice.residentKib();
        String host = "Host: " + admin.host();
        assertEquals(431, status(get("/" + "a".repeat(10_000), host)));
        assertEquals(431, status(get("/healthz", host, ("X: " + "y".repeat(100) + "\r\n").repeat(100) + "Z: 1")));
        assertEquals(431, status(get("/healthz", host, ("X: " + "y".repeat(7000) + "\r\n").repeat(7) + "Z: 1")));
        for (int i = 0; i < 20; i++) {
            try {
                AdminClient.Answer cut = admin.raw(get("/healthz", host, "X: " + "y".repeat(1 << 20)));
                assertTrue(cut.status() == 431 || cut.status() == 0, cut::toString);
            } catch (IOException reset) {
                assertTrue(reset.getMessage() != null, "it was not read to its end");
            }
        }
        assertTrue(sluice.residentKib() - before < MOST_MORE_KIB, () -> before + " -> " + sluice.residentKib());
    }

    /** Two hundred that never come to an end keep nobody else out, and are cut. */
    @Test
    void halfOpenAndSlow() throws IOException {
        long before = sluice.residentKib();
        int threads = sluice.threads();
        List<SocketChannel> open = new ArrayList<>();
        try {
            for (int i = 0; i < 200; i++) {
                SocketChannel channel = SocketChannel.open(admin.address());
                open.add(channel);
                channel.write(ByteBuffer.wrap("GET /healthz HTTP/1.1\r\nHost:".getBytes(StandardCharsets.UTF_8)));
                if (i % 20 == 0) {
                    assertEquals(200, admin.get("/readyz").status());
                    TestClient.echo(session, PING);
                }
            }
            assertEquals(200, admin.get("/api/v1/status", GOOD).status());
            assertTrue(sluice.threads() - threads <= 20, () -> threads + " -> " + sluice.threads());
            assertTrue(sluice.residentKib() - before < MOST_MORE_KIB, () -> before + " -> " + sluice.residentKib());
            long end = System.nanoTime() + SluiceProcess.PATIENCE.toNanos();
            for (SocketChannel channel : open) {
                assertEquals(0, answer(channel));
            }
            assertTrue(System.nanoTime() < end, "they are cut in time");
        } finally {
            for (SocketChannel channel : open) {
                channel.close();
            }
        }
    }

    private static int answer(SocketChannel channel) {
        try {
            return AdminClient.read(channel).status();
        } catch (IOException reset) {
            return 0; // cut as well
        }
    }
}
