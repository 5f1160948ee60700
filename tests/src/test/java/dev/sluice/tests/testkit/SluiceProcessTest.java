package dev.sluice.tests.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** That what the other tests look through shows what is there. */
@Timeout(60)
class SluiceProcessTest {
    @Test
    void showsAddressesLogAndDescriptors() throws Exception {
        try (ServerSocketChannel server =
                        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                SluiceProcess sluice = SluiceProcess.run(
                        "--listen", "127.0.0.1:0", "--to", Addresses.text(server.getLocalAddress()))) {
            var before = sluice.descriptors();
            SocketAddress me;
            try (SocketChannel client = SocketChannel.open(sluice.address())) {
                me = client.getLocalAddress();
                try (SocketChannel accepted = server.accept()) {
                    client.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
                    assertTrue(accepted.read(ByteBuffer.allocate(10)) > 0);
                    assertEquals(before.sockets() + 2, sluice.descriptors().sockets());
                    assertThrows(AssertionError.class, sluice::assertNothingIsLeftOpen);
                }
            }
            AccessLine line = sluice.awaitLog(0, me);
            assertEquals(3, line.up());
            assertEquals(0, line.down());
            assertTrue(line.durationMillis() > 0);
            assertEquals(Addresses.text(server.getLocalAddress()), line.field("endpoint"));
            assertTrue(sluice.threads() > 1);
            assertTrue(Proc.cpuTicks(sluice.pid()) > 0);
            assertEquals(before.sockets(), sluice.descriptors().sockets());
            sluice.assertNothingIsLeftOpen();
            assertEquals(0, sluice.terminate());
        }
    }

    @Test
    void whatDoesNotStartFailsTheTestWithItsWords() {
        AssertionError error = assertThrows(AssertionError.class, () -> SluiceProcess.run("--listen", "nonsense"));
        assertTrue(String.valueOf(error.getMessage()).contains("nonsense"), error::getMessage);
    }
}
