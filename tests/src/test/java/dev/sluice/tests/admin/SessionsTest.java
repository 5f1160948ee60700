package dev.sluice.tests.admin;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Addresses;
import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Connections;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.FullBacklog;
import dev.sluice.tests.testkit.LongStream;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import dev.sluice.tests.testkit.Workers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sessions that live, over the admin interface: seen, and ended. */
@Timeout(240)
class SessionsTest {
    private static final String PATH = "/api/v1/sessions";
    /** The fields, in the order of the access log. */
    private static final List<String> FIELDS = List.of(
            "id",
            "time",
            "state",
            "listener",
            "client",
            "upstream",
            "endpoint",
            "relay",
            "up",
            "down",
            "spliced",
            "tries",
            "wait_ms",
            "connect_ms",
            "first_up_ms",
            "first_down_ms",
            "duration_ms",
            "rtt_us",
            "retransmits");

    private static final int MANY = 5000;
    /** Of the test's process: a client and a server of each. */
    private static final long DESCRIPTORS = 2 * MANY + 1000;

    @TempDir
    private Path folder;

    private SluiceProcess start(String listeners, String upstreams) throws IOException {
        Path file = Files.writeString(folder.resolve("sluice.yaml"), """
                threads: 2
                admin: {bind: "127.0.0.1:0"}
                listeners: [%s]
                upstreams: [%s]
                """.formatted(listeners, upstreams));
        return SluiceProcess.run("-c", file.toString());
    }

    private static List<JsonObject> list(AdminClient admin, String query) throws IOException {
        AdminClient.Answer answer = admin.get(PATH + query);
        assertEquals(200, answer.status(), answer::toString);
        List<JsonObject> all = new ArrayList<>();
        for (JsonElement one : answer.json().getAsJsonArray()) {
            all.add(one.getAsJsonObject());
        }
        return all;
    }

    private static <T> List<T> values(List<JsonObject> sessions, String field, Function<JsonElement, T> as) {
        return sessions.stream().map(one -> as.apply(one.get(field))).toList();
    }

    private static List<String> clients(AdminClient admin, String query) throws IOException {
        return values(list(admin, query), "client", JsonElement::getAsString);
    }

    private static String name(Socket socket) {
        return Addresses.text(socket.getLocalSocketAddress());
    }

    private static int port(SluiceProcess sluice, int listener) {
        return ((InetSocketAddress) sluice.address(listener)).getPort();
    }

    private static Socket session(int port, int bytes) throws IOException {
        Socket socket = TestClient.connect(port);
        assertEquals(bytes, TestClient.echo(socket, new byte[bytes]).length);
        return socket;
    }

    @Test
    void allThatIsKnownOfOne() throws IOException {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = start(
                        "{name: in, bind: \"127.0.0.1:0\", upstream: db}",
                        "{name: db, endpoints: [\"" + echo.address() + "\"]}")) {
            AdminClient admin = AdminClient.of(sluice);
            assertEquals("[]\n", admin.get(PATH).body());
            try (Socket client = session(sluice.port(), 1234)) {
                AdminClient.Answer answer = admin.get(PATH);
                assertTrue(answer.has("Content-Type: application/json"), answer::head);
                JsonObject one = answer.json().getAsJsonArray().get(0).getAsJsonObject();
                assertEquals(FIELDS, List.copyOf(one.keySet()));
                assertTrue(one.get("id").getAsString().matches("[0-9a-z-]{1,24}"), one::toString);
                assertTrue(one.get("time").getAsString().matches("20\\d\\d-\\d\\d-\\d\\dT[0-9:.]+Z"), one::toString);
                assertEquals("relaying", one.get("state").getAsString());
                assertEquals("in", one.get("listener").getAsString());
                assertEquals(name(client), one.get("client").getAsString());
                assertEquals("db", one.get("upstream").getAsString());
                assertEquals(echo.address(), one.get("endpoint").getAsString());
                assertEquals("splice", one.get("relay").getAsString());
                assertEquals(1234, one.get("up").getAsLong());
                assertEquals(1234, one.get("down").getAsLong());
                assertEquals(2468, one.get("spliced").getAsLong());
                assertEquals(1, one.get("tries").getAsInt());
                assertTrue(one.get("connect_ms").getAsDouble() >= 0, one::toString);
                assertTrue(one.get("first_up_ms").getAsDouble() > 0, one::toString);
                assertTrue(
                        one.get("duration_ms").getAsDouble()
                                >= one.get("first_down_ms").getAsDouble(),
                        one::toString);
                assertTrue(one.get("rtt_us").getAsInt() > 0, one::toString);
                assertEquals(0, one.get("retransmits").getAsInt());
            }
        }
    }

    @Test
    void whoIsNotConnectedYetIsSeenAndEnded() throws Exception {
        try (FullBacklog deaf = new FullBacklog();
                SluiceProcess sluice = start(
                        "{name: in, bind: \"127.0.0.1:0\", upstream: db}",
                        "{name: db, endpoints: [\"" + deaf.address() + "\"]}")) {
            AdminClient admin = AdminClient.of(sluice);
            try (Socket client = TestClient.connect(sluice.port())) {
                Eventually.holds("an arrival", () -> !list(admin, "").isEmpty());
                JsonObject one = list(admin, "?endpoint=" + deaf.address()).getFirst();
                assertEquals("arriving", one.get("state").getAsString());
                assertTrue(one.get("connect_ms").isJsonNull(), one::toString);
                assertTrue(one.get("rtt_us").isJsonNull(), one::toString);
                assertTrue(one.get("first_up_ms").isJsonNull(), one::toString);
                assertEquals(
                        200,
                        admin.post(PATH + "/" + one.get("id").getAsString() + "/close")
                                .status());
                assertFalse(TestClient.receive(client).clean());
                assertEquals(
                        "proxy admin",
                        sluice.awaitLog(0, client.getLocalSocketAddress()).end());
            }
        }
    }

    @Test
    void someOfThemInSomeOrder() throws IOException {
        try (Backend first = Backend.echo();
                Backend second = Backend.echo();
                SluiceProcess sluice = start(
                        "{name: one, bind: \"127.0.0.1:0\", upstream: a},"
                                + " {name: two, bind: \"127.0.0.1:0\", upstream: b}",
                        "{name: a, endpoints: [\"" + first.address() + "\"]}, {name: b, endpoints: [\"localhost:"
                                + second.port() + "\"]}")) {
            sluice.awaitListening(2);
            AdminClient admin = AdminClient.of(sluice);
            try (Connections<Socket> open = new Connections<>()) {
                Socket oldest = open.add(session(port(sluice, 0), 100));
                Socket middle = open.add(session(port(sluice, 1), 3000));
                Socket youngest = open.add(session(port(sluice, 0), 1000));
                assertEquals(List.of(name(oldest), name(middle), name(youngest)), clients(admin, ""));
                assertEquals(List.of(name(oldest), name(middle)), clients(admin, "?limit=2"));
                assertEquals(
                        List.of(name(middle), name(youngest), name(oldest)), clients(admin, "?sort=bytes&limit=10000"));
                assertEquals(List.of(name(oldest), name(youngest)), clients(admin, "?listener=one&sort=age"));
                assertEquals(List.of(name(middle)), clients(admin, "?upstream=b"));
                assertEquals(List.of(name(middle)), clients(admin, "?endpoint=localhost:" + second.port()));
                assertEquals(List.of(name(middle)), clients(admin, "?endpoint=" + second.address()));
                assertEquals(List.of(name(youngest)), clients(admin, "?client=" + name(youngest)));
                assertEquals(3, clients(admin, "?client=127.0.0.1&sort=id").size());
                assertEquals(List.of(), clients(admin, "?client=%3A%3A1"));
                assertEquals(List.of(), clients(admin, "?listener=one&upstream=b"));
                assertEquals(List.of(), clients(admin, "?endpoint=nobody"));
            }
        }
    }

    @Test
    void whatCannotBeAnswered() throws IOException {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = start(
                        "{name: in, bind: \"127.0.0.1:0\", upstream: db}",
                        "{name: db, endpoints: [\"" + echo.address() + "\"]}")) {
            AdminClient admin = AdminClient.of(sluice);
            for (String bad : List.of(
                    "limit=0",
                    "limit=10001",
                    "limit=-1",
                    "limit=",
                    "limit=1e3",
                    "sort=size",
                    "sort=",
                    "client=me",
                    "client=",
                    "client=10.0.0.1:70000")) {
                AdminClient.Answer answer = admin.get(PATH + "?" + bad);
                assertEquals(422, answer.status(), bad);
                String error = answer.json().getAsJsonObject().get("error").getAsString();
                assertTrue(error.contains(bad.substring(0, bad.indexOf('=')) + " needs "), error);
            }
            for (String id : List.of("nobody", "0-0-1", "-", "%20", "a-b-c-d")) {
                AdminClient.Answer answer = admin.post(PATH + "/" + id + "/close");
                assertEquals(404, answer.status(), id);
                assertTrue(answer.json()
                        .getAsJsonObject()
                        .get("error")
                        .getAsString()
                        .startsWith("there is no session"));
            }
            assertEquals(404, admin.get(PATH + "/nobody").status());
            assertEquals(405, admin.get(PATH + "/nobody/close").status());
            assertEquals(405, admin.post(PATH).status());
        }
    }

    /** Both sides see a reset, others nothing, and the log says who it was. */
    @Test
    void oneIsEnded() throws Exception {
        AtomicBoolean sawReset = new AtomicBoolean();
        try (Backend server = Backend.start(socket -> {
                    socket.getOutputStream().write(1);
                    sawReset.set(!TestClient.receive(socket).clean());
                });
                SluiceProcess sluice = start(
                        "{name: in, bind: \"127.0.0.1:0\", upstream: db}",
                        "{name: db, endpoints: [\"" + server.address() + "\"]}")) {
            AdminClient admin = AdminClient.of(sluice);
            try (Socket other = TestClient.connect(sluice.port());
                    Socket client = TestClient.connect(sluice.port())) {
                assertEquals(1, client.getInputStream().read());
                assertEquals(1, other.getInputStream().read());
                String id = list(admin, "?client=" + name(client))
                        .getFirst()
                        .get("id")
                        .getAsString();
                AdminClient.Answer closed = admin.post(PATH + "/" + id + "/close");
                assertEquals(200, closed.status(), closed::toString);
                assertTrue(closed.json().getAsJsonObject().get("done").getAsBoolean());
                assertFalse(TestClient.receive(client).clean(), "a reset");
                Eventually.holds("the server sees a reset, too", sawReset::get);
                AccessLine line = sluice.awaitLog(0, client.getLocalSocketAddress());
                assertEquals("proxy admin", line.end(), line::text);
                assertEquals(404, admin.post(PATH + "/" + id + "/close").status());
                assertEquals(List.of(name(other)), clients(admin, ""));
            }
        }
    }

    /** Who does not read his does not take the memory of all, nor what others ask for. */
    private static void longListsAreFew(AdminClient admin) throws Exception {
        String head = " HTTP/1.1\r\nHost: " + admin.host() + "\r\n\r\n";
        try (Connections<SocketChannel> slow = new Connections<>()) {
            for (int i = 0; i < 2; i++) {
                SocketChannel reader = slow.add(SocketChannel.open(admin.address()));
                reader.write(ByteBuffer.wrap(("GET " + PATH + "?limit=10000" + head).getBytes(US_ASCII)));
                assertEquals(1, reader.read(ByteBuffer.allocate(1)), "its answer is on its way");
            }
            AdminClient.Answer refused = admin.get(PATH + "?limit=10000");
            assertEquals(503, refused.status());
            assertTrue(refused.body().contains("2 long lists are on their way to others"), refused::body);
            assertEquals(100, list(admin, "").size());
        }
        Eventually.holds(
                "there is room again", () -> admin.get(PATH + "?limit=10000").status() == 200);
    }

    /** The list is long, and made while others have work: their bytes are what they were, and none ends. */
    @Test
    void fiveThousandWhileAStreamRuns() throws Exception {
        Machine.needsDescriptors(DESCRIPTORS);
        AtomicBoolean over = new AtomicBoolean();
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = start(
                        "{name: in, bind: \"127.0.0.1:0\", upstream: db}",
                        "{name: db, endpoints: [\"" + echo.address() + "\"]}");
                Workers workers = new Workers()) {
            AdminClient admin = AdminClient.of(sluice);
            try (Connections<Socket> open = new Connections<>()) {
                Socket stream = open.add(TestClient.connect(sluice.port()));
                Future<Long> streamed = workers.start(() -> LongStream.echo(stream, over));
                for (int i = 0; i < MANY; i++) {
                    open.add(new Socket(InetAddress.getLoopbackAddress(), sluice.port()));
                }
                Eventually.holds(
                        "all are connected",
                        () -> list(admin, "?limit=10000").stream()
                                        .filter(one ->
                                                one.get("state").getAsString().equals("relaying"))
                                        .count()
                                == MANY + 1);
                for (int i = 0; i < 5; i++) {
                    List<JsonObject> all = list(admin, "?limit=10000&sort=bytes");
                    assertEquals(MANY + 1, all.size());
                    assertEquals(name(stream), all.getFirst().get("client").getAsString());
                    assertEquals(100, list(admin, "").size());
                }
                longListsAreFew(admin);
                long[] ups = list(admin, "?sort=bytes&limit=1").stream()
                        .mapToLong(one -> one.get("up").getAsLong())
                        .toArray();
                over.set(true);
                assertTrue(Workers.await(streamed) >= ups[0], "what was shown was there");
            }
            Eventually.holds("all have ended", () -> list(admin, "").isEmpty());
        }
    }
}
