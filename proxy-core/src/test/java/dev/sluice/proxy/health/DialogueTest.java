package dev.sluice.proxy.health;

import static dev.sluice.proxy.testkit.TalkingServer.hear;
import static dev.sluice.proxy.testkit.TalkingServer.say;
import static dev.sluice.proxy.testkit.TalkingServer.spell;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.config.Bytes;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.config.HealthCheck.StatusRange;
import dev.sluice.proxy.health.dialogue.Verdict;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.TalkingServer;
import java.io.IOException;
import java.net.Socket;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What each protocol's server says, and what is made of it. Half of them spell it byte by byte. */
class DialogueTest extends RealSockets {
    private final ProbeRig rig = new ProbeRig();

    @AfterEach
    void close() {
        rig.close();
    }

    // HTTP

    private static String request(Socket socket) throws IOException {
        StringBuilder heard = new StringBuilder();
        while (heard.indexOf("\r\n\r\n") < 0) {
            heard.append(hear(socket, 1));
        }
        return heard.toString();
    }

    @Test
    void httpAsksForItsPathOfItsHost() {
        HealthCheck check = new HealthCheck.Http("/primary?x=1", "db.example", List.of(new StatusRange(200, 299)));
        rig.alive("status 204", check, socket -> {
            assertEquals(
                    String.join(
                            "\r\n",
                            "GET /primary?x=1 HTTP/1.1",
                            "Host: db.example",
                            "User-Agent: sluice",
                            "Accept: */*",
                            "Connection: close",
                            "",
                            ""),
                    request(socket));
            say(socket, "HTTP/1.1 204 No Content\r\n\r\n");
            socket.close();
        });
    }

    @Test
    void httpOfNoHostNamesTheEndpoint() {
        try (TalkingServer server = new TalkingServer(socket -> {
            String text = request(socket);
            say(socket, "HTTP/1.0 " + (text.contains("Host: 127.0.0.1:" + socket.getLocalPort()) ? 200 : 400) + "\n");
            socket.close();
        })) {
            assertEquals(
                    Verdict.alive("status 200"), rig.ask(HealthCheck.Http.of("/"), server.address(), ProbeRig.PATIENT));
        }
    }

    @Test
    void httpStatusesAreOfTheRangesOrNot() {
        HealthCheck check =
                new HealthCheck.Http("/", null, List.of(new StatusRange(200, 299), new StatusRange(401, 401)));
        rig.alive("status 401", check, socket -> {
            request(socket);
            spell(socket, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\n");
            socket.close();
        });
        rig.fails("status 503, not 200-299,401", check, socket -> {
            request(socket);
            spell(socket, "HTTP/1.1 503 Service Unavailable\r\n\r\n");
            socket.close();
        });
    }

    @Test
    void httpHearsTheBodyToItsEndAndAnswersItWithNoReset() {
        try (TalkingServer server = new TalkingServer(socket -> {
            request(socket);
            say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n" + "x".repeat(30_000));
            socket.shutdownOutput();
        })) {
            rig.ask(HealthCheck.Http.of("/"), server.address(), ProbeRig.PATIENT);
            ProxyRig.await("the server to see the end", () -> !server.ends.isEmpty());
            assertEquals(List.of("."), List.copyOf(server.ends));
        }
    }

    @Test
    void httpDoesNotHearABodyWithoutEnd() {
        rig.alive("status 200", HealthCheck.Http.of("/"), socket -> {
            request(socket);
            say(socket, "HTTP/1.1 200 OK\r\n\r\n");
            while (true) {
                say(socket, "x".repeat(10_000));
            }
        });
    }

    @Test
    void httpOfAServerThatDoesNotEndIsLeftInTime() {
        Verdict verdict = rig.ask(HealthCheck.Http.of("/"), 300, socket -> {
            request(socket);
            say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            TalkingServer.silence(socket);
        });
        assertEquals(Verdict.alive("status 200"), verdict);
    }

    // PostgreSQL

    private static final HealthCheck POSTGRES = new HealthCheck.Postgres("monitor", "app");
    private static final String STARTUP = "\0\0\0;\0\3\0\0user\0monitor\0database\0app\0application_name\0sluice\0\0";

    private static String message(char type, String body) {
        int length = body.length() + 4;
        return type + "\0\0" + (char) (length >> 8) + (char) (length & 0xff) + body;
    }

    private static String error(String state, String text) {
        return message('E', "SFATAL\0VFATAL\0C" + state + "\0M" + text + "\0Fpostmaster.c\0\0");
    }

    @Test
    void postgresThatAsksForAuthenticationIsAliveAndLeftWithoutAWord() {
        try (TalkingServer server = new TalkingServer(socket -> {
            assertEquals(STARTUP, hear(socket, STARTUP.length()));
            spell(socket, message('R', "\0\0\0\12SCRAM-SHA-256\0\0"));
        })) {
            assertEquals(
                    Verdict.alive("asks for authentication"), rig.ask(POSTGRES, server.address(), ProbeRig.PATIENT));
            ProxyRig.await("the server to see the end", () -> !server.ends.isEmpty());
            assertEquals(List.of("."), List.copyOf(server.ends));
        }
    }

    @Test
    void postgresThatLetsAnybodyInIsToldOfTheEnd() {
        try (TalkingServer server = new TalkingServer(socket -> {
            hear(socket, STARTUP.length());
            spell(
                    socket,
                    message('R', "\0\0\0\0")
                            + message('S', "server_version\00015.0\0")
                            + message('K', "\0\0\0\1\0\0\0\2")
                            + message('Z', "I"));
        })) {
            assertEquals(Verdict.alive("accepts connections"), rig.ask(POSTGRES, server.address(), ProbeRig.PATIENT));
            ProxyRig.await("the server to see the end", () -> !server.ends.isEmpty());
            assertEquals(List.of("X\0\0\0\4."), List.copyOf(server.ends));
        }
    }

    @Test
    void postgresThatStartsIsNotAliveYet() {
        rig.fails("refuses with 57P03, \"the database system is starting up\"", POSTGRES, socket -> {
            hear(socket, STARTUP.length());
            spell(socket, error("57P03", "the database system is starting up"));
            socket.shutdownOutput();
        });
    }

    @Test
    void postgresThatRefusesOtherwiseIsAlive() {
        rig.alive("refuses with 28000, \"no entry \\x0a for host\"", POSTGRES, socket -> {
            hear(socket, STARTUP.length());
            say(socket, error("28000", "no entry \n for host"));
            socket.shutdownOutput();
        });
        rig.alive("refuses with 3D000, \"no such database\"", POSTGRES, socket -> {
            hear(socket, STARTUP.length());
            say(socket, message('R', "\0\0\0\0") + error("3D000", "no such database"));
            socket.shutdownOutput();
        });
    }

    // Redis

    private static final HealthCheck REDIS = new HealthCheck.Redis();

    private static TalkingServer.Talk answers(String answer) {
        return socket -> {
            assertEquals("*1\r\n$4\r\nPING\r\n", hear(socket, 14));
            spell(socket, answer);
        };
    }

    @Test
    void redisThatAnswersIsAlive() {
        rig.alive("PONG", REDIS, answers("+PONG\r\n"));
        rig.alive("asks for a password", REDIS, answers("-NOAUTH Authentication required.\r\n"));
    }

    @Test
    void redisThatIsOfNoUseNowIsNot() {
        for (String line : List.of(
                "-LOADING Redis is loading the dataset in memory",
                "-MASTERDOWN Link with MASTER is down",
                "-BUSY Redis is busy running a script",
                "-ERR max number of clients reached",
                "+OK")) {
            rig.fails("answers \"" + line + "\"", REDIS, answers(line + "\r\n"));
        }
    }

    // expect

    @Test
    void expectFindsItAnywhere() {
        HealthCheck check = new HealthCheck.Expect(Bytes.NONE, Bytes.ofText("220 "));
        rig.alive("says what is expected", check, socket -> spell(socket, "22220 mail\r\n"));
    }

    @Test
    void expectSaysWhatItHasHeardInstead() {
        HealthCheck check = new HealthCheck.Expect(Bytes.ofText("ping"), Bytes.ofText("pong"));
        rig.fails("does not say what is expected, but \"pon\"", check, socket -> {
            assertEquals("ping", hear(socket, 4));
            say(socket, "pon");
            socket.shutdownOutput();
        });
        assertEquals(Verdict.failed("no whole answer within 300 ms, but \"no\\x00\""), rig.ask(check, 300, socket -> {
            say(socket, "no\0");
            TalkingServer.silence(socket);
        }));
    }

    // agent

    @Test
    void anAgentsLineEndsWithItselfOrTheConnection() {
        HealthCheck check = new HealthCheck.Agent(1);
        Verdict verdict = rig.ask(check, ProbeRig.PATIENT, socket -> spell(socket, "up 50%\n"));
        assertEquals(Verdict.Kind.ALIVE, verdict.kind());
        assertEquals("agent: \"up 50%\"", verdict.reason());
        verdict = rig.ask(check, ProbeRig.PATIENT, socket -> {
            say(socket, "down # disk");
            socket.shutdownOutput();
        });
        assertEquals(Verdict.Kind.FAILED, verdict.kind());
        assertEquals("agent: \"down # disk\"", verdict.reason());
    }

    // MySQL

    private static final HealthCheck MYSQL = new HealthCheck.Mysql("check");

    private static String packet(int number, String body) {
        return "" + (char) (body.length() & 0xff) + (char) (body.length() >> 8) + '\0' + (char) number + body;
    }

    private static final String GREETING = packet(
            0,
            "\n8.0.36\0" + "\1\0\0\0" + "12345678\0" + "\u00ff\u00f7" + "\b" + "\2\0" + "\u00ff\u00df" + "\25"
                    + "\0".repeat(10) + "123456789012\0caching_sha2_password\0");
    private static final int LOGIN = 4 + 32 + "check\0".length() + 1 + "mysql_native_password\0".length();

    @Test
    void mysqlThatLetsTheUserInIsToldOfTheEnd() {
        try (TalkingServer server = new TalkingServer(socket -> {
            spell(socket, GREETING);
            String login = hear(socket, LOGIN);
            assertEquals((char) (LOGIN - 4) + "\0\0\1" + "\1\u0082\b\0", login.substring(0, 8));
            assertTrue(login.endsWith("\0check\0\0mysql_native_password\0"), login);
            spell(socket, packet(2, "\u00fecaching_sha2_password\00012345678901234567890\0"));
            assertEquals("\1\0\0\3\0", hear(socket, 5));
            spell(socket, packet(4, "\1\3") + packet(5, "\0\0\0\2\0\0\0"));
        })) {
            assertEquals(Verdict.alive("lets \"check\" in"), rig.ask(MYSQL, server.address(), ProbeRig.PATIENT));
            ProxyRig.await("the server to see the end", () -> !server.ends.isEmpty());
            assertEquals(List.of("\1\0\0\0\1."), List.copyOf(server.ends));
        }
    }

    private static TalkingServer.Talk refuses(String error) {
        return socket -> {
            say(socket, GREETING);
            hear(socket, LOGIN);
            say(socket, packet(2, error));
            socket.shutdownOutput();
        };
    }

    @Test
    void mysqlThatTurnsTheUserAwayIsAlive() {
        rig.alive(
                "refuses with 1045, \"Access denied for user 'check'\"",
                MYSQL,
                refuses("\u00ff\25\4#28000Access denied for user 'check'"));
        rig.fails(
                "refuses with 1040, \"Too many connections\"", MYSQL, refuses("\u00ff\20\4#08004Too many connections"));
    }

    @Test
    void mysqlThatRefusesBeforeItGreetsIsNot() {
        rig.fails("refuses with 1129, \"Host is blocked\"", MYSQL, socket -> {
            say(socket, packet(0, "\u00ffi\4Host is blocked"));
            socket.shutdownOutput();
        });
    }

    @Test
    void mysqlThatAsksForEverIsGivenUp() {
        rig.fails("asks for ever how \"check\" logs in", MYSQL, socket -> {
            say(socket, GREETING);
            hear(socket, LOGIN);
            for (int i = 0; i < 5; i++) {
                say(socket, packet(2 + 2 * i, "\u00femysql_native_password\0salt\0"));
                hear(socket, 4);
            }
        });
    }
}
