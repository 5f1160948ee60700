package dev.sluice.proxy.health;

import static dev.sluice.proxy.testkit.TalkingServer.hear;
import static dev.sluice.proxy.testkit.TalkingServer.say;
import static dev.sluice.proxy.testkit.TalkingServer.spell;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.config.ProxyHeader;
import dev.sluice.proxy.config.RoleCheck;
import dev.sluice.proxy.config.RoleCheck.Role;
import dev.sluice.proxy.health.dialogue.RedisRoleDialogue;
import dev.sluice.proxy.health.dialogue.RoleJudge;
import dev.sluice.proxy.health.dialogue.Verdict;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.TalkingServer;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a Redis server says of its role, and what is made of it. */
class RedisRoleTest extends RealSockets {
    private static final String PING = "*1\r\n$4\r\nPING\r\n";
    private static final String ROLE = "*1\r\n$4\r\nROLE\r\n";
    private static final String INFO = "*2\r\n$4\r\nINFO\r\n$11\r\nreplication\r\n";
    private static final String MASTER =
            "*3\r\n$6\r\nmaster\r\n:3129659\r\n*1\r\n*3\r\n$9\r\n127.0.0.1\r\n$4\r\n9001\r\n$7\r\n3129242\r\n";

    private static final String SECRET = "hünter2";

    private final ProbeRig rig = new ProbeRig();

    @AfterEach
    void close() {
        rig.close();
    }

    private static String slave(String link) {
        return "*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:9000\r\n$" + link.length() + "\r\n" + link
                + "\r\n:3167038\r\n";
    }

    private static String text(String info) {
        return "$" + info.length() + "\r\n" + info + "\r\n";
    }

    private Verdict ask(
            Role role, int maxLag, @Nullable String user, @Nullable String password, TalkingServer.Talk talk) {
        Path file = password == null ? null : Path.of("/unused");
        RoleCheck check = new RoleCheck(RoleCheck.Database.REDIS, role, Duration.ofSeconds(maxLag), user, file, null);
        try (TalkingServer server = new TalkingServer(talk)) {
            RedisRoleDialogue dialogue = new RedisRoleDialogue(check, new RoleJudge(check), password);
            return rig.ask(dialogue, ProxyHeader.NONE, server.address(), ProbeRig.PATIENT);
        }
    }

    private Verdict primary(TalkingServer.Talk talk) {
        return ask(Role.PRIMARY, 0, null, null, talk);
    }

    private Verdict replica(int maxLag, String answer) {
        return ask(Role.REPLICA, maxLag, null, null, socket -> {
            String expected = PING + ROLE + (maxLag == 0 ? "" : INFO);
            assertEquals(expected, hear(socket, expected.length()));
            spell(socket, answer);
        });
    }

    @Test
    void aPrimary() {
        assertEquals(Verdict.alive("is a primary"), primary(socket -> {
            assertEquals(PING + ROLE, hear(socket, (PING + ROLE).length()));
            spell(socket, "+PONG\r\n" + MASTER);
        }));
        assertEquals(
                Verdict.unfit("is a replica, not a primary"),
                primary(socket -> say(socket, "+PONG\r\n" + slave("connected"))));
        assertEquals(
                Verdict.unfit("is a sentinel, not a primary"),
                primary(socket -> say(socket, "+PONG\r\n*2\r\n$8\r\nsentinel\r\n*0\r\n")));
    }

    @Test
    void aReplica() {
        assertEquals(Verdict.alive("is a replica"), replica(0, "+PONG\r\n" + slave("connected")));
        assertEquals(Verdict.alive("is a replica"), replica(0, "+PONG\r\n" + slave("connect")));
        assertEquals(
                Verdict.failed("is a replica that copies its primary's data anew"),
                replica(0, "+PONG\r\n" + slave("sync")));
        assertEquals(Verdict.unfit("is a primary, not a replica"), replica(5, "+PONG\r\n" + MASTER));
    }

    @Test
    void aReplicaAndItsLag() {
        String up = "# Replication\r\nrole:slave\r\nmaster_link_status:up\r\nmaster_last_io_seconds_ago:4\r\n";
        String down = "role:slave\r\nmaster_last_io_seconds_ago:-1\r\nmaster_link_down_since_seconds:6\r\n";
        String never = "role:slave\r\nmaster_last_io_seconds_ago:-1\r\nmaster_link_down_since_seconds:-1\r\n";
        String begin = "+PONG\r\n" + slave("connected");
        assertEquals(Verdict.alive("is a replica, 4 s behind"), replica(5, begin + text(up)));
        assertEquals(Verdict.failed("is a replica, 6 s behind, more than 5 s"), replica(5, begin + text(down)));
        assertEquals(
                Verdict.failed("is a replica, and nobody knows how far it is behind"), replica(5, begin + text(never)));
        assertEquals(Verdict.failed("answers INFO with NOPERM"), replica(5, begin + "-NOPERM no\r\n"));
    }

    @Test
    void logsInFirst() {
        assertEquals(Verdict.alive("is a primary"), ask(Role.PRIMARY, 0, "sluice", SECRET, socket -> {
            String auth = "*3\r\n$4\r\nAUTH\r\n$6\r\nsluice\r\n$8\r\nh\u00c3\u00bcnter2\r\n";
            assertEquals(auth + PING + ROLE, hear(socket, (auth + PING + ROLE).length()));
            spell(socket, "+OK\r\n+PONG\r\n" + MASTER);
        }));
        assertEquals(Verdict.alive("is a primary"), ask(Role.PRIMARY, 0, null, SECRET, socket -> {
            String auth = "*2\r\n$4\r\nAUTH\r\n$8\r\nh\u00c3\u00bcnter2\r\n";
            assertEquals(auth, hear(socket, auth.length()));
            say(socket, "+OK\r\n-NOPERM no ping for you\r\n" + MASTER);
        }));
    }

    @Test
    void whoIsNotLetIn() {
        assertEquals(
                Verdict.failed("does not let us log in: WRONGPASS"),
                ask(
                        Role.PRIMARY,
                        0,
                        null,
                        SECRET,
                        socket -> say(socket, "-WRONGPASS invalid\r\n-NOAUTH\r\n-NOAUTH\r\n")));
        assertEquals(
                Verdict.failed("answers PING with NOAUTH"),
                primary(socket -> say(socket, "-NOAUTH Authentication required.\r\n-NOAUTH\r\n")));
        assertEquals(
                Verdict.failed("answers ROLE with NOPERM"), primary(socket -> say(socket, "+PONG\r\n-NOPERM x\r\n")));
        assertEquals(
                Verdict.failed("answers PING with LOADING"), primary(socket -> say(socket, "-LOADING x\r\n" + MASTER)));
    }

    @Test
    void whoSaysAnythingBackGetsNothingIntoAMessage() {
        for (String end : new String[] {"", "x".repeat(300_000)}) {
            Verdict echo = ask(Role.PRIMARY, 0, null, SECRET, socket -> {
                socket.setSoTimeout(50);
                say(socket, hear(socket, 20) + end);
            });
            assertEquals(Verdict.Kind.FAILED, echo.kind());
            assertFalse(echo.reason().contains("nter2"), echo.reason());
        }
        Verdict error = ask(
                Role.PRIMARY,
                0,
                null,
                SECRET,
                socket ->
                        say(socket, "-ERR unknown command 'AUTH', with args beginning with: 'h\u00c3\u00bcnter2'\r\n"));
        assertEquals(Verdict.failed("does not let us log in: ERR"), error);
        assertEquals(
                Verdict.failed("does not let us log in: an error"),
                ask(Role.PRIMARY, 0, null, SECRET, socket -> say(socket, "-h\u00c3\u00bcnter2\r\n")));
    }

    @Test
    void whoSpeaksSomethingElse() {
        for (String nonsense : new String[] {
            "HTTP/1.1 400 Bad Request\r\n",
            "+PONG\r\n$x\r\n",
            "+PONG\r\n*99999999\r\n",
            "+PONG\r\n+OK\r\n",
            "+PONG\r\n:1\r\n",
            "+PONG\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
            "+PONG\r\n*-1\r\n",
            "+PONG\r\n*1\r\n$7\r\nunknown\r\n"
        }) {
            Verdict verdict = primary(socket -> say(socket, nonsense));
            assertTrue(verdict.reason().startsWith("speaks another protocol: \""), verdict::toString);
        }
        Verdict cut = primary(socket -> {
            say(socket, "+PONG\r\n*3\r\n$6\r\nmas");
            socket.shutdownOutput();
        });
        assertTrue(cut.reason().startsWith("ended the connection in the middle of its answer: "), cut::toString);
    }
}
