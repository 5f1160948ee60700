package dev.sluice.cli.roles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.RoleCheck;
import dev.sluice.proxy.config.RoleCheck.Database;
import dev.sluice.proxy.config.RoleCheck.Role;
import dev.sluice.proxy.roles.Asking;
import dev.sluice.proxy.roles.RoleClient;
import dev.sluice.proxy.roles.RoleException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Servers that hang, are not there, speak something else, or want what they must not get. */
@Timeout(60)
class StrangeServersTest {
    private static final String PASSWORD = "hunter2";

    @TempDir
    private Path folder;

    private Path passwordFile = Path.of("");
    private ServerSocket listener;
    private final ByteArrayOutputStream heard = new ByteArrayOutputStream();

    StrangeServersTest() throws IOException {
        listener = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    }

    @BeforeEach
    void write() throws IOException {
        passwordFile = Files.writeString(folder.resolve("password"), PASSWORD + "\n");
    }

    @AfterEach
    void close() throws IOException {
        listener.close();
    }

    /** A list may have one, and is not checked for it. */
    @ParameterizedTest
    @EnumSource(names = "REDIS", mode = EnumSource.Mode.EXCLUDE)
    void noDriverHasUnixSockets(Database database) {
        RoleCheck check = new RoleCheck(database, Role.PRIMARY, Duration.ZERO, "check", passwordFile, null);
        IllegalStateException none = assertThrows(
                IllegalStateException.class, () -> new DriverRoles().client(new Address.Unix("/run/db"), check));
        assertEquals("the driver of " + database + " needs host:port", none.getMessage());
    }

    /** Answers each of the client's messages, whatever it is, with the next of these. */
    private void serve(byte[]... answers) {
        Thread.ofPlatform().daemon().start(() -> {
            try {
                while (true) {
                    try (Socket socket = listener.accept()) {
                        talk(socket, answers);
                    }
                }
            } catch (IOException closed) {
                // The end.
            }
        });
    }

    private void talk(Socket socket, byte[]... answers) throws IOException {
        InputStream in = socket.getInputStream();
        OutputStream out = socket.getOutputStream();
        byte[] buffer = new byte[4096];
        for (byte[] answer : answers) {
            int count = in.read(buffer);
            if (count < 0) {
                return;
            }
            synchronized (heard) {
                heard.write(buffer, 0, count);
            }
            out.write(answer);
        }
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            synchronized (heard) {
                heard.write(buffer, 0, count);
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private RoleClient client(Database database) {
        RoleCheck check = new RoleCheck(database, Role.PRIMARY, Duration.ZERO, "check", passwordFile, null);
        return new DriverRoles().client(Address.of(listener.getInetAddress(), listener.getLocalPort()), check);
    }

    private static Asking asking() {
        return new Asking(
                null,
                Asking.Preface.NONE,
                System.nanoTime() + Duration.ofSeconds(20).toNanos());
    }

    private String problem(Database database, Asking asking) {
        RoleClient client = client(database);
        try {
            String message = String.valueOf(
                    assertThrows(RoleException.class, () -> client.ask(asking)).getMessage());
            assertFalse(message.contains(PASSWORD), message);
            assertFalse(message.contains("\n"), message);
            return message;
        } finally {
            client.close();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"POSTGRES", "MYSQL"})
    void oneThatHangsIsLeftWhenItIsCut(Database database) {
        serve(new byte[0]);
        Asking asking = asking();
        CompletableFuture<Void> cut = CompletableFuture.runAsync(
                asking::cancel, CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS));
        long begun = System.nanoTime();
        problem(database, asking);
        cut.join();
        assertTrue(System.nanoTime() - begun < Duration.ofSeconds(10).toNanos(), "cut in vain");
    }

    @ParameterizedTest
    @EnumSource(names = {"POSTGRES", "MYSQL"})
    void nobodyIsConnectedToForWhatIsCutBefore(Database database) {
        Asking asking = asking();
        asking.cancel();
        problem(database, asking);
    }

    @ParameterizedTest
    @EnumSource(names = {"POSTGRES", "MYSQL"})
    void oneThatIsNotThere(Database database) throws IOException {
        listener.close();
        assertEquals("cannot be connected to: Connection refused", problem(database, asking()));
    }

    @ParameterizedTest
    @EnumSource(names = {"POSTGRES", "MYSQL"})
    void aPasswordThatCannotBeRead(Database database) throws IOException {
        Files.delete(passwordFile);
        assertEquals(
                "its password-file " + passwordFile + " cannot be read: there is no such file",
                problem(database, asking()));
    }

    @Test
    void postgresThatSpeaksHttp() {
        serve(bytes("HTTP/1.1 400 Bad Request\r\n\r\n"));
        assertEquals("speaks another protocol", problem(Database.POSTGRES, asking()));
    }

    @Test
    void postgresThatStarts() {
        byte[] fields = bytes("SFATAL\0C57P03\0Mthe database \"system\"\u001b[2J is starting up\0\0");
        serve(
                bytes("N"),
                bytes("E\0\0\0" + (char) (fields.length + 4) + new String(fields, StandardCharsets.ISO_8859_1)));
        assertEquals(
                "refuses with 57P03, \"the database \"system\"\\x1b[2J is starting up\"",
                problem(Database.POSTGRES, asking()));
    }

    @Test
    void postgresThatWantsThePasswordInTheClear() {
        serve(bytes("N"), bytes("R\0\0\0\u0008\0\0\0\u0003"), new byte[0]);
        assertTrue(problem(Database.POSTGRES, asking())
                .contains("wants the password in the clear, which it does not get"));
        assertFalse(heard.toString(StandardCharsets.ISO_8859_1).contains(PASSWORD));
    }

    /** A greeting of MySQL's, without TLS, whose way to log in is this; and the wish for another way. */
    private static byte[] greeting(String way) {
        String body = "\n8.4.0\0" + "\1\0\0\0" + "abcdefgh\0" + "\u00ff\u00f7" + "\10" + "\2\0" + "\u00ff\u00df" + "\25"
                + "\0".repeat(10) + "ijklmnopqrst\0" + way + "\0";
        return bytes((char) body.length() + "\0\0\0" + body);
    }

    @ParameterizedTest
    @org.junit.jupiter.params.provider.ValueSource(strings = {"mysql_clear_password", "dialog", "sha256_password"})
    void mysqlThatWantsThePasswordInTheClear(String way) throws Exception {
        String wish = "\u00fe" + way + "\0abcdefghijklmnopqrst\0";
        Thread.ofPlatform().daemon().start(() -> {
            try {
                while (true) {
                    try (Socket socket = listener.accept()) {
                        socket.getOutputStream().write(greeting("mysql_native_password"));
                        talk(socket, bytes((char) wish.length() + "\0\0\2" + wish), new byte[0]);
                    }
                }
            } catch (IOException closed) {
                // The end.
            }
        });
        problem(Database.MYSQL, asking());
        String all = heard.toString(StandardCharsets.ISO_8859_1);
        assertTrue(all.contains("check"), "it was not even tried");
        assertFalse(all.contains(PASSWORD), all);
    }

    @Test
    void mysqlThatRefusesTheHost() throws Exception {
        Thread.ofPlatform().daemon().start(() -> {
            try {
                while (true) {
                    try (Socket socket = listener.accept()) {
                        String body = "\u00ffj\4Host 'x' is not allowed to connect";
                        socket.getOutputStream().write(bytes((char) body.length() + "\0\0\0" + body));
                        talk(socket, new byte[0]);
                    }
                }
            } catch (IOException closed) {
                // The end.
            }
        });
        assertEquals("refuses with 1130, \"Host 'x' is not allowed to connect\"", problem(Database.MYSQL, asking()));
    }

    @Test
    void connectsFromItsSourceBehindItsHeader() throws Exception {
        CompletableFuture<String> seen = CompletableFuture.supplyAsync(() -> {
            try (Socket socket = listener.accept()) {
                return socket.getInetAddress().getHostAddress() + " "
                        + new String(socket.getInputStream().readNBytes(6), StandardCharsets.US_ASCII);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        Asking asking = new Asking(
                Address.parse("127.0.0.9:0"),
                (own, other) -> bytes(own.toString().startsWith("127.0.0.9:") ? "HEADER" : "?"),
                System.nanoTime() + Duration.ofSeconds(20).toNanos());
        problem(Database.POSTGRES, asking);
        assertEquals("127.0.0.9 HEADER", seen.get(20, TimeUnit.SECONDS));
    }
}
