package dev.sluice.tests.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Payload;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import java.io.IOException;
import java.net.Socket;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A machine on which splice(2) is refused, by a seccomp profile or by an emulated kernel, or is wrong; strace(1) plays it. Every
 * session goes on, and every byte arrives.
 */
@Timeout(120)
class SpliceRefusedTest {
    private static final int BULK = 8 << 20;
    private static final int MESSAGE = 3000;

    /** Strace as the proxy's grandchild, so that what was started is the proxy itself. */
    private static List<String> strace(String injection) {
        String strace = Machine.needs("strace", "strace").toString();
        return List.of(
                strace, "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=splice", "-e", "inject=splice:" + injection);
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void exchange(SluiceProcess sluice, int seed, int bytes) throws IOException {
        byte[] data = Payload.bytes(seed, bytes);
        try (Socket socket = TestClient.connect(sluice.port())) {
            assertEquals(sha256(data), sha256(TestClient.echo(socket, data)), sluice::toString);
        }
    }

    /**
     * From the first call on, or from some call in the middle of a session on; every time, or every fourth time.
     *
     * @param warning what is said about it, once for each loop; empty for nothing
     */
    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "SPLICE, error=ENOSYS,             refused (ENOSYS)",
        "AUTO,   error=ENOSYS,             refused (ENOSYS)",
        "SPLICE, error=EPERM,              refused (EPERM)",
        "AUTO,   error=EPERM,              refused (EPERM)",
        "SPLICE, error=EINVAL,             refused (EINVAL)",
        "AUTO,   error=EINVAL,             refused (EINVAL)",
        "SPLICE, error=ENOSYS:when=40+,    refused (ENOSYS)",
        "AUTO,   error=ENOSYS:when=40+,    refused (ENOSYS)",
        "SPLICE, error=EPERM:when=41+,     refused (EPERM)",
        "SPLICE, error=EINVAL:when=40+4,   refused (EINVAL)",
        "SPLICE, error=EAGAIN:when=4+4,    cannot be relied on",
        "AUTO,   error=EAGAIN:when=4+4,    cannot be relied on",
        "SPLICE, error=EAGAIN:when=13+4,   ''",
        "AUTO,   error=EAGAIN:when=13+4,   ''",
        "SPLICE, error=EAGAIN:when=14+3,   ''",
    })
    void sessionsGoOn(Relay relay, String injection, String warning) throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = SluiceProcess.runUnder(
                        strace(injection),
                        Map.of(),
                        "--listen",
                        "127.0.0.1:0",
                        "--to",
                        echo.address(),
                        "--threads",
                        "1",
                        "--relay",
                        relay.word())) {
            for (int i = 0; i < 3; i++) {
                exchange(sluice, i, BULK);
            }
            byte[] data = Payload.bytes(4, MESSAGE);
            try (Socket socket = TestClient.connect(sluice.port())) {
                for (int i = 0; i < 50; i++) {
                    assertEquals(sha256(data), sha256(TestClient.echo(socket, data)), sluice::toString);
                }
            }
            sluice.awaitLog(0, 4).forEach(line -> assertEquals("client fin", line.end(), line::text));
            List<String> warnings = sluice.stderr().stream()
                    .filter(line -> line.contains("warning"))
                    .toList();
            assertEquals(warning.isEmpty() ? 0 : 1, warnings.size(), sluice::toString);
            assertTrue(warnings.stream().allMatch(line -> line.contains(warning)), sluice::toString);
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
    }
}
