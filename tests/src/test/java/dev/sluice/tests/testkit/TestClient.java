package dev.sluice.tests.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What tests do with a blocking socket; every read has a deadline. */
public final class TestClient {
    private static final int TIMEOUT_MILLIS = (int) SluiceProcess.PATIENCE.toMillis();

    /**
     * How a stream ended.
     *
     * @param bytes what came before
     * @param clean whether an end of stream was told; otherwise it was a reset
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these
    public record Received(byte[] bytes, boolean clean) {}

    private TestClient() {}

    /** Connects to a port of 127.0.0.1. */
    public static Socket connect(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.setTcpNoDelay(true);
        return socket;
    }

    /** Reads until the end of stream or until a reset; a silence that is too long is an {@link java.io.IOException}. */
    public static Received receive(Socket socket) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] buffer = new byte[1 << 16];
        InputStream in = socket.getInputStream();
        while (true) {
            int n;
            try {
                n = in.read(buffer);
            } catch (java.net.SocketException e) {
                return new Received(bytes.toByteArray(), false);
            }
            if (n < 0) {
                return new Received(bytes.toByteArray(), true);
            }
            bytes.write(buffer, 0, n);
        }
    }

    /** Sends these bytes while reading as many, from a server that echoes, and returns what came back. */
    public static byte[] echo(Socket socket, byte[] bytes) throws IOException {
        CompletableFuture<Void> sent = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                socket.getOutputStream().write(bytes);
                sent.complete(null);
            } catch (IOException e) {
                sent.completeExceptionally(e);
            }
        });
        byte[] back = socket.getInputStream().readNBytes(bytes.length);
        try {
            sent.get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new IOException("while sending", e);
        }
        return back;
    }
}
