package dev.sluice.cli.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.DescriptorLeakCheck;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.log.Messages;
import dev.sluice.linux.Address;
import dev.sluice.proxy.config.Activation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import picocli.CommandLine;

/** A service in this JVM, before a server of the test's own. */
@ExtendWith(DescriptorLeakCheck.class)
class ServiceTest {
    private static final InetAddress HERE = InetAddress.getLoopbackAddress();

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Console console = new Console(Map.of(), out, new PrintStream(err, true, StandardCharsets.UTF_8));
    private final Messages messages = new Messages(err);
    private ServerSocket origin;
    private Service service;

    @BeforeEach
    void start() throws IOException {
        origin = new ServerSocket(0, 1, HERE);
        CommandLine command = RunCommand.create(console);
        command.parseArgs("--listen", "127.0.0.1:0", "--to", "127.0.0.1:" + origin.getLocalPort(), "--threads", "1");
        messages.start();
        service = new Service(out, messages, command.<RunCommand>getCommand().configure(), Activation.NONE, null, null);
    }

    @AfterEach
    void stop() throws IOException {
        service.close();
        messages.close();
        origin.close();
        assertEquals("", err.toString(StandardCharsets.UTF_8));
    }

    private Address.V4 address() {
        return (Address.V4) service.listeners().getFirst().address();
    }

    @Test
    void aLineForASessionSoonAfterItsEnd() throws Exception {
        try (Socket client = new Socket(HERE, address().port());
                Socket server = origin.accept()) {
            client.getOutputStream().write(new byte[3]);
            assertArrayEquals(new byte[3], server.getInputStream().readNBytes(3));
            server.getOutputStream().write(new byte[5]);
            assertArrayEquals(new byte[5], client.getInputStream().readNBytes(5));
            client.shutdownOutput();
            assertEquals(-1, server.getInputStream().read());
        }
        long end = System.nanoTime() + Duration.ofSeconds(2).toNanos();
        while (out.size() == 0 && System.nanoTime() < end) {
            Thread.sleep(5);
        }
        String line = out.toString(StandardCharsets.UTF_8);
        assertTrue(
                line.matches("\\S+Z event=end id=\\S+ listener=" + address()
                        + " client=127.0.0.1:\\d+ upstream=\\S+ endpoint=127.0.0.1:" + origin.getLocalPort()
                        + " relay=splice up=3 down=5 spliced=8 tries=1 wait_ms=0.0 connect_ms=\\d+\\.\\d"
                        + " first_up_ms=\\d+\\.\\d first_down_ms=\\d+\\.\\d duration_ms=\\d+\\.\\d"
                        + " who=client cause=fin error=- rtt_us=\\S+ retransmits=\\S+\n"),
                line);
    }

    @Test
    void drainWaitsAndCloseCuts() throws Exception {
        try (Socket client = new Socket(HERE, address().port());
                Socket server = origin.accept()) {
            assertEquals(1, service.sessions());
            assertFalse(service.drain(Duration.ofMillis(50)));
            client.getOutputStream().write(1);
            assertEquals(1, server.getInputStream().read());
            assertThrows(SocketException.class, () -> new Socket(HERE, address().port()).close());
            service.close();
            assertThrows(SocketException.class, () -> client.getInputStream().read());
        }
        assertTrue(
                out.toString(StandardCharsets.UTF_8).contains(" who=proxy cause=drain "),
                out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void whoIsToldTwiceThatItIsIdleHasEndedIdleAllTheSame() throws Exception {
        service.close();
        CommandLine command = RunCommand.create(console);
        command.parseArgs(
                "--listen",
                "127.0.0.1:0",
                "--to",
                "127.0.0.1:" + origin.getLocalPort(),
                "--threads",
                "1",
                "--exit-when-idle",
                "100ms");
        service = new Service(out, messages, command.<RunCommand>getCommand().configure(), Activation.NONE, null, null);
        CountDownLatch over = new CountDownLatch(1);
        service.exitWhenIdle(over::countDown);
        try (Socket client = new Socket(HERE, address().port());
                Socket server = origin.accept()) {
            assertTrue(client.isConnected() && server.isConnected());
        }
        assertTrue(over.await(10, TimeUnit.SECONDS));
        assertFalse(service.stopIfIdle(), "over twice");
        assertTrue(service.endedIdle());
    }

    @Test
    void drainIsDoneWhenNobodyIsThere() throws Exception {
        assertTrue(service.drain(Duration.ofSeconds(5)));
    }
}
