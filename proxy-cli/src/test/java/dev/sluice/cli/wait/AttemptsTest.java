package dev.sluice.cli.wait;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class AttemptsTest {
    private static final int MILLIS = 5000;

    /** The kernel picks the port that is asked for by chance; here it has no choice. */
    @Test
    void whatIsConnectedToItselfIsRefusedAndLeavesThePortToItsServer() throws IOException {
        try (Socket socket = new Socket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            InetSocketAddress own = new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort());
            IOException e = assertThrows(IOException.class, () -> Attempts.connect(socket, own, MILLIS));
            assertEquals("connection refused", e.getMessage());
            try (ServerSocket server = new ServerSocket();
                    Socket client = new Socket()) {
                server.setReuseAddress(false); // which would do beside TIME_WAIT
                server.bind(own);
                Attempts.connect(client, own, MILLIS);
            }
        }
    }
}
