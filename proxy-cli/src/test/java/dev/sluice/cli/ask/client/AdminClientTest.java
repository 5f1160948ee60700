package dev.sluice.cli.ask.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.ask.ScriptedAdmin;
import dev.sluice.cli.common.CommandFailure;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class AdminClientTest {
    private static final String PATH = "/api/v1/status";
    private static final String GET = "GET " + PATH;

    @TempDir
    private Path folder;

    private static AdminClient client(String address, @Nullable String token) {
        return new AdminClient(new AdminAddress(address), token, "/run/token");
    }

    private static String failure(ScriptedAdmin admin) {
        return failure(admin.address());
    }

    private static String failure(String address) {
        AdminClient client = client(address, null);
        String message = String.valueOf(
                assertThrows(CommandFailure.class, () -> client.get(PATH).orFail())
                        .getMessage());
        assertTrue(message.contains(address), message);
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    @Test
    void overTcp() {
        try (ScriptedAdmin admin = ScriptedAdmin.tcp().on(GET, "{\"pid\": 7}\n")) {
            Reply reply = client(admin.address(), null).get(PATH);
            assertTrue(reply.isDone());
            assertEquals("{\"pid\": 7}\n", reply.body());
            assertEquals(7, reply.object().getInt("pid"));
            String head = admin.heads().getFirst();
            assertTrue(head.contains("\r\nHost: " + admin.address() + "\r\n"), head);
            assertFalse(head.contains("X-Sluice"), head);
            assertFalse(head.contains("Authorization"), head);
        }
    }

    @Test
    void overIpv6() {
        try (ScriptedAdmin admin = ScriptedAdmin.tcp("::1").on(GET, "{}")) {
            assertTrue(client(admin.address(), null).get(PATH).isDone());
            assertTrue(admin.heads().getFirst().contains("\r\nHost: [::1]:"), admin.heads()::toString);
        }
    }

    @Test
    void byName() {
        try (ScriptedAdmin admin = ScriptedAdmin.tcp().on(GET, "{}")) {
            String address = admin.address().replace("127.0.0.1", "localhost");
            assertTrue(client(address, null).get(PATH).isDone());
            assertTrue(admin.heads().getFirst().contains("\r\nHost: localhost:"), admin.heads()::toString);
        }
        assertTrue(failure("nobody.invalid:9901").contains("the name nobody.invalid is not known"));
    }

    @Test
    void overAUnixSocket() {
        try (ScriptedAdmin admin =
                ScriptedAdmin.unix(folder.resolve("admin.sock")).on(GET, "{}")) {
            assertTrue(client(admin.address(), null).get(PATH).isDone());
            assertTrue(admin.heads().getFirst().contains("\r\nHost: localhost\r\n"), admin.heads()::toString);
        }
    }

    /** What the proxy wants of an order, and of who has a token. */
    @Test
    void ordersAndTokens() {
        try (ScriptedAdmin admin = ScriptedAdmin.tcp().on("POST /x", 202, "{}")) {
            Reply reply = client(admin.address(), "abc").post("/x");
            assertTrue(reply.isDone());
            String head = admin.heads().getFirst();
            assertTrue(head.contains("\r\nX-Sluice: 1\r\n"), head);
            assertTrue(head.contains("\r\nAuthorization: Bearer abc\r\n"), head);
        }
        try (ScriptedAdmin admin = ScriptedAdmin.tcp().on("*", 401, "{\"error\":\"no\"}")) {
            assertTrue(failure(admin).contains("wants a token: --token-file"));
            AdminClient client = client(admin.address(), "wrong");
            String message = String.valueOf(
                    assertThrows(CommandFailure.class, () -> client.get(PATH)).getMessage());
            assertTrue(message.contains("does not take the token in /run/token"), message);
            assertFalse(message.contains("wrong"), message);
        }
    }

    @Test
    void theProxysOwnWords() {
        try (ScriptedAdmin admin = ScriptedAdmin.tcp().on("*", 409, "{\"error\":\"it is being drained\"}")) {
            assertTrue(failure(admin).endsWith(": it is being drained"));
            admin.on("*", 500, "{}");
            assertTrue(failure(admin).endsWith(": it answered 500"));
        }
    }

    @Test
    void nobodyIsThere() throws Exception {
        String address;
        try (ScriptedAdmin admin = ScriptedAdmin.tcp()) {
            address = admin.address();
        }
        assertEquals("nobody listens at " + address, failure(address));
        String gone = "unix:" + folder.resolve("gone.sock");
        assertEquals("nobody listens at " + gone, failure(gone));
        String left = "unix:" + folder.resolve("left.sock");
        ScriptedAdmin.unix(folder.resolve("left.sock")).close();
        assertEquals("nobody listens at " + left, failure(left));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SSH-2.0-OpenSSH_9.9\r\n",
                "220 mail ESMTP\r\n",
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi",
                "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\nhi",
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: -1\r\n\r\nhi",
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
            })
    void somebodyElse(String bytes) {
        try (ScriptedAdmin admin = ScriptedAdmin.tcp().raw("*", bytes)) {
            AdminClient client = client(admin.address(), null);
            String message = String.valueOf(assertThrows(
                            CommandFailure.class,
                            () -> client.get(PATH).orFail().object())
                    .getMessage());
            assertTrue(
                    message.startsWith("what listens at " + admin.address() + " is not the admin interface"), message);
        }
    }

    @Test
    void anAnswerThatBreaksOff() {
        String half = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{}";
        try (ScriptedAdmin admin = ScriptedAdmin.tcp().raw("*", half)) {
            assertTrue(failure(admin).contains("the connection ended before the answer did"), failure(admin));
        }
    }

    @Test
    void moreBracketsThanAnybodyNeeds() {
        try (ScriptedAdmin admin = ScriptedAdmin.tcp().on("*", "[".repeat(1 << 20))) {
            Reply reply = client(admin.address(), null).get(PATH);
            assertThrows(CommandFailure.class, reply::object);
        }
    }

    /** Neither length nor lines without end are read. */
    @Test
    void moreThanIsRead() {
        String head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
        try (ScriptedAdmin admin = ScriptedAdmin.tcp().raw("*", head + "\r\n" + "x".repeat(33 << 20))) {
            assertTrue(failure(admin).contains("more than 33554432 bytes"), failure(admin));
            admin.raw("*", head + "X: " + "y".repeat(100_000) + "\r\n\r\n{}");
            assertTrue(failure(admin).contains("is not the admin interface"), failure(admin));
            admin.raw("*", head + "X: y\r\n".repeat(100) + "\r\n{}");
            assertTrue(failure(admin).contains("is not the admin interface"), failure(admin));
        }
    }

    @Test
    void otherWaysToEndABody() {
        String head = "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n";
        try (ScriptedAdmin admin = ScriptedAdmin.tcp().raw("*", head + "\r\n{\"a\":1}")) {
            assertEquals("{\"a\":1}", client(admin.address(), null).get(PATH).body());
            admin.raw("*", head + "Transfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n");
            assertEquals("{\"a\":1}", client(admin.address(), null).get(PATH).body());
        }
    }

    /** There is a deadline for all of it, and the connection ends with it. */
    @Test
    void silence() {
        try (ScriptedAdmin admin = ScriptedAdmin.tcp().raw("*", "")) {
            AdminClient client = client(admin.address(), null);
            CommandFailure late = assertThrows(CommandFailure.class, () -> client.post("/x", Duration.ofMillis(200)));
            assertEquals("the proxy at " + admin.address() + " has not answered within 200ms", late.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "9901",
                "127.0.0.1",
                "127.0.0.1:0",
                "unix:",
                "unix:@name",
                "unix:relative",
                "::1:9901",
                "unix:/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            })
    void notAnAddress(String text) {
        assertThrows(IllegalArgumentException.class, () -> new AdminAddress(text));
    }

    @Test
    void namesInPaths() {
        assertEquals("a%2Fb%20c%3F%23%25%C3%A4.-_", AdminClient.encode("a/b c?#%ä.-_"));
    }
}
