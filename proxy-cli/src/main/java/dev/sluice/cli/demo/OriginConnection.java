package dev.sluice.cli.demo;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/** One connection to the origin, directly or through a proxy, that asks one thing after the other. */
final class OriginConnection implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 20_000;
    private static final int CHUNK = 64 << 10;

    private final Socket socket;
    private final InputStream in;

    /** Connects to a port of loopback; no answer may take longer than twenty seconds. */
    OriginConnection(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.setTcpNoDelay(true);
        in = new BufferedInputStream(socket.getInputStream(), CHUNK);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** Sends bytes; whether the origin saw the same. */
    boolean uploads(long bytes) throws IOException {
        request("PUT /sha256", "Content-Length: " + bytes);
        byte[] block = new byte[Payload.BLOCK];
        Payload.block().get(block);
        for (long left = bytes; left > 0; left -= Payload.BLOCK) {
            socket.getOutputStream().write(block, 0, (int) Math.min(left, Payload.BLOCK));
        }
        Head answer = answer();
        String hash = new String(in.readNBytes((int) answer.contentLength()), StandardCharsets.US_ASCII).strip();
        return hash.equals(Payload.sha256(bytes));
    }

    /** Fetches bytes; whether they are those that the origin sent. */
    boolean downloads(long bytes) throws IOException {
        request("GET /bytes/" + bytes + "?sha256");
        Head answer = answer();
        MessageDigest digest = Payload.digest();
        byte[] chunk = new byte[CHUNK];
        long left = answer.contentLength();
        while (left > 0) {
            int count = in.read(chunk, 0, (int) Math.min(left, CHUNK));
            if (count < 0) {
                throw new EOFException("the answer is cut off");
            }
            digest.update(chunk, 0, count);
            left -= count;
        }
        return Payload.hex(digest).equals(answer.fields().get("x-sha256"));
    }

    /** Asks for little, often; half of the answers took no longer than this, nanoseconds. */
    long medianLatency(int requests) throws IOException {
        long[] nanos = new long[requests];
        for (int i = 0; i < requests; i++) {
            long start = System.nanoTime();
            request("GET /bytes/128");
            in.skipNBytes(answer().contentLength());
            nanos[i] = System.nanoTime() - start;
        }
        // The first quarter warms up.
        long[] warm = Arrays.copyOfRange(nanos, requests / 4, requests);
        Arrays.sort(warm);
        return warm[warm.length / 2];
    }

    private void request(String what, String... fields) throws IOException {
        StringBuilder text = new StringBuilder(what).append(" HTTP/1.1\r\nHost: demo\r\n");
        for (String field : fields) {
            text.append(field).append("\r\n");
        }
        socket.getOutputStream().write(text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    }

    private Head answer() throws IOException {
        Head answer = Head.read(in);
        if (answer == null || !answer.start().startsWith("HTTP/1.1 200 ")) {
            throw new IOException(answer == null ? "no answer" : "answered " + answer.start());
        }
        return answer;
    }
}
