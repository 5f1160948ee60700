package dev.sluice.tests.admin;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.Words;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * Asks the admin interface byte by byte.
 *
 * @param host of the Host header
 */
record AdminClient(SocketAddress address, String host) {
    private static final String LINE = "sluice: admin interface on ";

    /** An answer: its head, and its body. */
    record Answer(int status, String head, String body) {
        JsonElement json() {
            return JsonParser.parseString(body);
        }

        /** Whether it has this header, by name and value. */
        boolean has(String header) {
            return head.lines().anyMatch(header::equals);
        }
    }

    /** For a proxy with {@code --admin}, as soon as it says where that is. */
    static AdminClient of(SluiceProcess sluice) {
        String line = sluice.awaitStderr("the admin interface", text -> text.startsWith(LINE));
        String where = line.substring(LINE.length()).replaceAll(",.*", "");
        if (where.startsWith("unix:")) {
            return new AdminClient(UnixDomainSocketAddress.of(where.substring(5)), "localhost");
        }
        int port = Integer.parseInt(where.substring(where.lastIndexOf(':') + 1));
        return new AdminClient(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), "127.0.0.1:" + port);
    }

    Answer get(String path, String... headers) throws IOException {
        return ask("GET", path, headers);
    }

    /** An order, with what it needs. */
    Answer post(String path, String... headers) throws IOException {
        return ask("POST", path, Words.of("X-Sluice: 1", headers));
    }

    Answer ask(String method, String path, String... headers) throws IOException {
        StringBuilder text = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n");
        for (String header : headers) {
            text.append(header).append("\r\n");
        }
        return raw(text.append("\r\n").toString());
    }

    /** What is answered to these bytes; status 0 when nothing is. */
    Answer raw(String request) throws IOException {
        try (SocketChannel channel = SocketChannel.open(address)) {
            ByteBuffer bytes = ByteBuffer.wrap(request.getBytes(StandardCharsets.ISO_8859_1));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            return read(channel);
        }
    }

    static Answer read(SocketChannel channel) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(1 << 14);
        while (channel.read(buffer) >= 0) {
            all.write(buffer.array(), 0, buffer.position());
            buffer.clear();
        }
        String text = all.toString(StandardCharsets.UTF_8);
        if (text.isEmpty()) {
            return new Answer(0, "", "");
        }
        int end = text.indexOf("\r\n\r\n");
        return new Answer(Integer.parseInt(text.substring(9, 12)), text.substring(0, end), text.substring(end + 4));
    }
}
