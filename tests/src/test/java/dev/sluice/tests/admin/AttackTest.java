package dev.sluice.tests.admin;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Chance;
import dev.sluice.tests.testkit.LongStream;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import dev.sluice.tests.testkit.Workers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A list of attacks on the admin interface, each with what is answered to it, while streams run through the proxy: they are exact to the
 * last byte, and nothing holds them up.
 */
@Timeout(180)
class AttackTest {
    private static final String TOKEN = "tell-nobody-of-it";
    private static final String GOOD = "Authorization: Bearer " + TOKEN + "\r\n";
    private static final String LINE = " HTTP/1.1\r\n";
    private static final String END = "\r\n";
    private static final Pattern SECOND = Pattern.compile("HTTP/1\\.1 [0-9]{3}");
    private static final int MIB = 1 << 20;
    /** A round trip that takes longer was held up by something. */
    private static final long HELD_UP_NANOS = 2_000_000_000L;

    private static final long MOST_MORE_KIB = 32 << 10;
    private static final int HALF_OPEN = 200;

    @TempDir
    private Path folder;

    private final Map<String, Set<Integer>> answers = new LinkedHashMap<>();
    private final List<String> surprises = new ArrayList<>();
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong slowest = new AtomicLong();

    /** Sends to one who echoes, until it is over; exact by SHA-256. */
    private void stream(Socket client) throws IOException {
        MessageDigest sent = LongStream.sha256();
        MessageDigest received = LongStream.sha256();
        Random random = Chance.of("AttackTest");
        byte[] out = new byte[32 << 10];
        while (!over.get()) {
            random.nextBytes(out);
            sent.update(out);
            long before = System.nanoTime();
            client.getOutputStream().write(out);
            byte[] in = client.getInputStream().readNBytes(out.length);
            slowest.accumulateAndGet(System.nanoTime() - before, Math::max);
            assertEquals(out.length, in.length, "the stream has ended");
            received.update(in);
            bytes.addAndGet(in.length);
        }
        assertArrayEquals(sent.digest(), received.digest());
    }

    /** An attack, and its answers; 0: the connection ends without one. */
    private void attack(AdminClient admin, String name, String request, Integer... expected) {
        answers.put(name, Set.of(expected));
        int status;
        String body = "";
        try {
            AdminClient.Answer answer = admin.raw(request);
            status = answer.status();
            body = answer.body();
        } catch (IOException reset) {
            status = 0; // it was not read to its end
        }
        if (!Set.of(expected).contains(status)) {
            surprises.add(name + ": " + status + ", not " + Set.of(expected));
        }
        if (SECOND.matcher(body).find()) {
            surprises.add(name + ": two answers");
        }
    }

    private static String get(String path, String... headers) {
        return "GET " + path + LINE + String.join("", headers) + END;
    }

    private static String post(String path, String... headers) {
        return "POST " + path + LINE + String.join("", headers) + END;
    }

    private void hosts(AdminClient admin, String host) {
        int port = ((InetSocketAddress) admin.address()).getPort();
        attack(admin, "another host", get("/api/v1/status", GOOD, "Host: evil.example\r\n"), 421);
        attack(admin, "another host, this port", get("/healthz", "Host: evil.example:" + port + END), 421);
        attack(admin, "no host", get("/healthz"), 421);
        attack(admin, "two hosts", get("/healthz", host, "Host: evil.example\r\n"), 421);
        attack(admin, "the same host twice", get("/healthz", host, host), 421);
        attack(admin, "a host with a user", get("/healthz", "Host: 127.0.0.1@evil.example:" + port + END), 421);
        attack(admin, "a host over two lines", get("/healthz", host.strip() + "\r\n .evil.example\r\n"), 421);
        attack(admin, "a target with another host", get("http://evil.example/healthz", host), 404);
        attack(admin, "a target with this host", get("http://" + admin.host() + "/healthz", host), 404);
        attack(admin, "a target that is a host", "CONNECT evil.example:443 HTTP/1.1\r\n" + host + END, 405);
        attack(admin, "an order for another host", post("/api/v1/quit", GOOD, "X-Sluice: 1\r\nHost: evil\r\n"), 421);
    }

    private void forms(AdminClient admin, String host) {
        String form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n";
        attack(admin, "a form", post("/api/v1/quit", host, GOOD, form) + "a=b", 403);
        attack(
                admin,
                "a form of plain text",
                post("/api/v1/quit", host, GOOD, form.replace("x-www-", "")) + "a=b",
                403);
        attack(admin, "no X-Sluice", post("/api/v1/drain", host, GOOD), 403);
        attack(admin, "another X-Sluice", post("/api/v1/quit", host, GOOD, "X-Sluice: 1, 1\r\n"), 403);
        attack(admin, "two X-Sluice", post("/api/v1/quit", host, GOOD, "X-Sluice: 1\r\nX-Sluice: 1\r\n"), 403);
        attack(admin, "an order by GET", get("/api/v1/quit", host, GOOD, "X-Sluice: 1\r\n"), 405);
        attack(admin, "a preflight", "OPTIONS /api/v1/quit HTTP/1.1\r\n" + host + GOOD + END, 405);
        attack(
                admin,
                "another method for GET",
                "GET /api/v1/quit HTTP/1.1\r\n" + host + GOOD + "X-HTTP-Method-Override: POST\r\n\r\n",
                405);
    }

    private void tokens(AdminClient admin, String host) {
        for (String wrong : List.of(
                "",
                TOKEN + "x",
                TOKEN.substring(1),
                TOKEN.substring(0, TOKEN.length() - 1) + "x",
                "x" + TOKEN.substring(1),
                TOKEN.toUpperCase(java.util.Locale.ROOT),
                TOKEN + "\u00e9",
                "t".repeat(4000))) {
            String header = "Authorization: Bearer " + wrong + END;
            attack(admin, "the token '" + wrong + "'", get("/api/v1/status", host, header), 401);
            attack(admin, "an order by '" + wrong + "'", post("/api/v1/quit", host, header, "X-Sluice: 1\r\n"), 401);
        }
        attack(admin, "the token as a parameter", get("/api/v1/status?token=" + TOKEN, host), 401);
        attack(admin, "the token twice", get("/api/v1/status", host, GOOD, GOOD), 401);
        attack(admin, "the token for Basic", get("/api/v1/status", host, GOOD.replace("Bearer", "Basic")), 401);
    }

    private void sizes(AdminClient admin, String host) {
        attack(admin, "a header of 1 MiB", get("/healthz", host, "X: " + "y".repeat(MIB) + END), 431, 0);
        attack(admin, "headers of 1 MiB", get("/healthz", host, ("X: " + "y".repeat(1020) + END).repeat(1024)), 431, 0);
        attack(admin, "a hundred headers", get("/healthz", host, "X: y\r\n".repeat(100)), 431);
        attack(admin, "a path of 4 KiB", get("/" + "a".repeat(4000), host), 404);
        attack(admin, "a path of 1 MiB", get("/" + "a".repeat(MIB), host), 431, 0);
        attack(admin, "a path of many parts", get("/a".repeat(2000), host), 404);
        attack(admin, "a method of 1 MiB", "G".repeat(MIB), 431, 0);
        attack(admin, "empty lines", END.repeat(10_000), 400, 431, 0);
        String order = "X-Sluice: 1\r\n";
        String none = "/api/v1/upstreams/none/pause";
        attack(
                admin,
                "a body of 1 MiB",
                post(none, host, GOOD, order, "Content-Length: " + MIB + END) + "b".repeat(MIB),
                404,
                0);
        attack(admin, "a body that never comes", post(none, host, GOOD, order, "Content-Length: 999999999\r\n"), 404);
        attack(admin, "a body of a length that is none", post(none, host, GOOD, order, "Content-Length: -1\r\n"), 400);
        attack(
                admin,
                "a length beyond numbers",
                post(none, host, GOOD, order, "Content-Length: " + "9".repeat(40) + END),
                400);
        String chunked = "Transfer-Encoding: chunked\r\n";
        attack(admin, "chunks", post(none, host, GOOD, order, chunked) + "3\r\nabc\r\n0\r\n\r\n", 404);
        attack(admin, "chunks of nonsense", post(none, host, GOOD, order, chunked) + "zz\r\nabc\r\n", 404);
        attack(
                admin,
                "a chunk without an end",
                post(none, host, GOOD, order, chunked) + "FFFFFFFFFFFFFFFF\r\nabc",
                404);
        attack(
                admin,
                "chunks of 1 MiB",
                post(none, host, GOOD, order, chunked) + ("400\r\n" + "c".repeat(1024) + END).repeat(1024),
                404,
                0);
    }

    /** In one connection there is one request: whatever is hidden behind it is nobody's. */
    private void smuggling(AdminClient admin, String host) {
        String order = host + GOOD + "X-Sluice: 1\r\n";
        String hidden = post("/api/v1/quit", order);
        String length = "Content-Length: " + hidden.length() + END;
        attack(
                admin,
                "CL.TE",
                post("/api/v1/upstreams/none/pause", order, length, "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n"
                        + hidden,
                400);
        attack(
                admin,
                "TE.CL",
                post("/api/v1/upstreams/none/pause", order, "Transfer-Encoding: chunked\r\n", length) + "0\r\n\r\n"
                        + hidden,
                400);
        attack(
                admin,
                "TE.TE",
                post(
                                "/api/v1/upstreams/none/pause",
                                order,
                                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")
                        + "0\r\n\r\n" + hidden,
                400);
        attack(
                admin,
                "CL.CL",
                post("/api/v1/upstreams/none/pause", order, "Content-Length: 0\r\n", length) + hidden,
                400);
        attack(
                admin,
                "two lengths in one",
                post("/api/v1/upstreams/none/pause", order, "Content-Length: 0, 7\r\n"),
                400);
        attack(admin, "a blank before the colon", get("/healthz", host, "Content-Length : 5\r\n"), 400);
        attack(admin, "a header without a colon", get("/healthz", host, "nothing\r\n"), 400);
        attack(admin, "a header without a name", get("/healthz", host, ": x\r\n"), 400);
        attack(admin, "a body of a request", get("/healthz", host, length) + hidden, 200);
        attack(admin, "a second request", get("/healthz", host) + hidden, 200);
        attack(admin, "many requests", get("/healthz", host).repeat(1000), 200);
    }

    private void paths(AdminClient admin, String host) {
        for (String path : List.of(
                "/api/v1/../../healthz",
                "/api/v1/..",
                "/api/v1/%2e%2e/%2e%2e/healthz",
                "/api/v1/.%2e/v1/status",
                "/api/%2e/v1/status",
                "//healthz",
                "//evil.example/healthz",
                "/api//v1/status",
                "/api/v1/status/",
                "/api/v1/status%00",
                "/api/v1/status%0a",
                "/api/v1/status%2f",
                "/api/v1%2fstatus",
                "/api/v1/status;x",
                "/api/v1/status%",
                "/api/v1/status%zz",
                "/api/v1/status%c0%ae",
                "/api/v1/status\\",
                "/API/v1/status",
                "/etc/passwd",
                "/file:///etc/passwd",
                "/api/v1/upstreams/%2e%2e/pause",
                "*",
                "healthz")) {
            attack(admin, path, get(path, host, GOOD), 404);
        }
        // No path at all is the root: the page, which anybody may see.
        for (String path : List.of("?", "#")) {
            attack(admin, path, get(path, host, GOOD), 200);
        }
        for (String path : List.of("/api%2fv1%2fstatus", "/api%2Fv1/config", "/%61pi%2fv1%2fevents", "/api%252fv1")) {
            attack(admin, path + " without the token", get(path, host), 404);
        }
        attack(admin, "/%61pi/v1/status without the token", get("/%61pi/v1/status", host), 401);
        for (String path : List.of("/api%2fv1%2fquit", "/api/v1%2fquit", "/x/..%2fapi/v1/quit")) {
            attack(admin, "an order at " + path, post(path, host, GOOD, "X-Sluice: 1\r\n"), 404);
        }
    }

    private void protocols(AdminClient admin, String host) {
        attack(admin, "HTTP/1.0 without a host", "GET /healthz HTTP/1.0\r\n\r\n", 421);
        attack(admin, "HTTP/1.0", "GET /healthz HTTP/1.0\r\n" + host + END, 200);
        attack(admin, "HTTP/0.9", "GET /healthz\r\n\r\n", 400);
        attack(admin, "HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\0\0\0\4\0\0\0\0\0", 505);
        attack(admin, "HTTP/9", "GET /healthz HTTP/9.9\r\n" + host + END, 505);
        attack(admin, "HTTP/x", "GET /healthz HTTP/x.y\r\n" + host + END, 400);
        attack(
                admin,
                "an upgrade",
                get("/healthz", host, "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"),
                200);
        attack(admin, "a WebSocket", get("/healthz", host, "Connection: Upgrade\r\nUpgrade: websocket\r\n"), 200);
        attack(admin, "TRACE", "TRACE /healthz HTTP/1.1\r\n" + host + END, 405);
        attack(admin, "no method", " /healthz HTTP/1.1\r\n" + host + END, 400, 404, 405);
        attack(admin, "a method with a NUL", "G\0ET /healthz HTTP/1.1\r\n" + host + END, 400, 405);
        attack(admin, "a NUL in a header", get("/healthz", host, "X: \0\r\n"), 200, 400);
        attack(admin, "PROXY protocol", "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n" + get("/healthz", host), 400);
        attack(admin, "Redis", "*1\r\n$4\r\nPING\r\n\r\n", 400);
        attack(admin, "noise", "\u0001\u00ff\u0080\u0000\r\n\r\n", 400);
        assertThrows(
                IOException.class,
                () -> {
                    InetSocketAddress at = (InetSocketAddress) admin.address();
                    try (Socket tls = SSLSocketFactory.getDefault().createSocket(at.getAddress(), at.getPort())) {
                        tls.setSoTimeout((int) SluiceProcess.PATIENCE.toMillis());
                        tls.getOutputStream().write(1);
                    }
                },
                "TLS");
    }

    /** One byte at a time: it has five seconds, whatever comes. */
    private static int slowly(AdminClient admin, String request) throws IOException, InterruptedException {
        try (SocketChannel channel = SocketChannel.open(admin.address())) {
            for (byte one : request.getBytes(StandardCharsets.US_ASCII)) {
                channel.write(ByteBuffer.wrap(new byte[] {one}));
                Thread.sleep(200);
            }
            return AdminClient.read(channel).status();
        } catch (IOException cut) {
            return 0;
        }
    }

    private static List<SocketChannel> halfOpen(AdminClient admin, String host) throws IOException {
        List<SocketChannel> open = new ArrayList<>();
        for (int i = 0; i < HALF_OPEN; i++) {
            SocketChannel channel = SocketChannel.open(admin.address());
            open.add(channel);
            channel.write(ByteBuffer.wrap(("GET /healthz HTTP/1.1\r\n" + host).getBytes(StandardCharsets.US_ASCII)));
        }
        return open;
    }

    private static int end(SocketChannel channel) throws IOException {
        try (channel) {
            return AdminClient.read(channel).status();
        } catch (IOException cut) {
            return 0;
        }
    }

    @Test
    void nothingGetsThroughAndNothingIsHeldUp() throws Exception {
        Path token = Files.writeString(folder.resolve("token"), TOKEN + "\n");
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = SluiceProcess.run(
                        "--listen",
                        "127.0.0.1:0",
                        "--to",
                        echo.address(),
                        "--listen",
                        "127.0.0.1:0",
                        "--to",
                        echo.address(),
                        "--relay",
                        "auto",
                        "--admin",
                        "127.0.0.1:0",
                        "--admin-token-file",
                        token.toString());
                Workers workers = new Workers();
                Socket one = TestClient.connect(sluice.port());
                Socket other = TestClient.connect(((InetSocketAddress) sluice.address(1)).getPort())) {
            AdminClient admin = AdminClient.of(sluice);
            String host = "Host: " + admin.host() + END;
            List<Future<?>> streams = List.of(workers.run(() -> stream(one)), workers.run(() -> stream(other)));
            assertEquals(200, admin.raw(get("/api/v1/status", host, GOOD)).status());
            Future<Integer> slow = workers.start(() -> slowly(admin, get("/healthz", host, "X: " + "y".repeat(100))));
            long before = sluice.residentKib();

            hosts(admin, host);
            forms(admin, host);
            tokens(admin, host);
            paths(admin, host);
            smuggling(admin, host);
            protocols(admin, host);
            for (int i = 0; i < 3; i++) {
                sizes(admin, host);
            }
            List<SocketChannel> open = halfOpen(admin, host);
            assertEquals(200, admin.raw(get("/api/v1/status", host, GOOD)).status(), "they keep nobody out");
            AtomicInteger answered = new AtomicInteger();
            workers.together(SluiceProcess.PATIENCE, () -> hosts(admin, host), () -> {
                for (SocketChannel channel : open) {
                    answered.addAndGet(end(channel));
                }
            });
            assertEquals(0, answered.get(), "who never asks gets no answer");
            assertEquals(0, Workers.await(slow), "nor does who asks for ever");

            over.set(true);
            Workers.awaitAll(streams, SluiceProcess.PATIENCE);
            assertEquals(List.of(), surprises);
            assertTrue(answers.size() > 100, () -> answers.size() + " attacks");
            assertTrue(bytes.get() > MIB, () -> bytes + " bytes");
            assertTrue(slowest.get() < HELD_UP_NANOS, () -> "a round trip of " + slowest.get() / 1000 + " us");
            assertTrue(sluice.residentKib() - before < MOST_MORE_KIB, () -> before + " -> " + sluice.residentKib());
            assertEquals(200, admin.raw(get("/api/v1/status", host, GOOD)).status());
            assertTrue(String.join("\n", sluice.stderr()).indexOf(TOKEN) < 0, "the token is nobody's");
        }
    }
}
