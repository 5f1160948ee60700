package dev.sluice.cli.admin.http;

import dev.sluice.linux.Address;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpVersion;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.RequestHeaderFieldsTooLargeException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.BasicHttpTransportMetrics;
import org.apache.hc.core5.http.impl.io.DefaultHttpRequestParser;
import org.apache.hc.core5.http.impl.io.DefaultHttpResponseWriter;
import org.apache.hc.core5.http.impl.io.SessionInputBufferImpl;
import org.apache.hc.core5.http.impl.io.SessionOutputBufferImpl;
import org.apache.hc.core5.http.message.BasicClassicHttpResponse;
import org.jspecify.annotations.Nullable;

/** A connection to the admin interface: one request, one answer, and the end. On a thread of its own, and closed from outside in time. */
final class Connection implements Runnable {
    /** What a request may have in all, body included, which nothing here needs. */
    private static final int MAX_REQUEST = 32 << 10;

    private static final int MAX_LINE = 8 << 10;
    private static final int BUFFER = 4 << 10;
    /** What is still read of a client that has been answered, so that a reset does not take the answer from it. */
    private static final int MAX_REST = 256 << 10;

    private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");

    private static final Answer NOT_FOUND = Answer.error(404, "there is nothing of this name");

    private static final Http1Config LIMITS = Http1Config.custom()
            .setBufferSize(BUFFER)
            .setMaxLineLength(MAX_LINE)
            .setMaxHeaderCount(64)
            .setMaxEmptyLineCount(2)
            .build();

    private final SocketChannel channel;
    private final Gate gate;
    private final Dispatcher dispatcher;
    private final Consumer<Throwable> onFault;
    private final BiConsumer<Connection, Phase> onPhase;

    /** How far it is. */
    enum Phase {
        /** The request is coming. */
        COMING,
        /** What was asked for is being done. */
        ANSWERING,
        /** The answer is on its way, or the client may still have something to say that nobody hears. */
        LEAVING
    }

    /**
     * @param onFault is told of what should not happen
     * @param onPhase is told when the next phase begins
     */
    Connection(
            SocketChannel channel,
            Gate gate,
            Dispatcher dispatcher,
            Consumer<Throwable> onFault,
            BiConsumer<Connection, Phase> onPhase) {
        this.channel = channel;
        this.gate = gate;
        this.dispatcher = dispatcher;
        this.onFault = onFault;
        this.onPhase = onPhase;
    }

    /** Ends it, from any thread. */
    void close() {
        try {
            channel.close();
        } catch (IOException e) {
            onFault.accept(e);
        }
    }

    @Override
    public void run() {
        try (SocketChannel open = channel) {
            InputStream in = Channels.newInputStream(open);
            ClassicHttpRequest head = null;
            Answer answer;
            try {
                head = new DefaultHttpRequestParser(LIMITS).parse(buffer(), new Bounded(in));
                if (head == null) {
                    return; // it has connected and left
                }
                onPhase.accept(this, Phase.ANSWERING);
                answer = answer(head);
            } catch (MessageConstraintException | RequestHeaderFieldsTooLargeException e) {
                answer = Answer.error(431, "the request has too many or too long headers");
            } catch (HttpException e) {
                answer = Answer.error(400, "that is no HTTP request");
            }
            onPhase.accept(this, Phase.LEAVING);
            try {
                write(answer, head != null && head.getMethod().equals("HEAD"));
                open.shutdownOutput();
                readRest(in);
            } finally {
                Runnable after = answer.after();
                if (after != null) {
                    after.run();
                }
            }
        } catch (IOException e) {
            // The client has left, or its time was up.
        } catch (RuntimeException | Error e) {
            onFault.accept(e);
        }
    }

    private static SessionInputBufferImpl buffer() {
        return new SessionInputBufferImpl(
                new BasicHttpTransportMetrics(), BUFFER, BUFFER, MAX_LINE, StandardCharsets.ISO_8859_1.newDecoder());
    }

    private Answer answer(ClassicHttpRequest head) {
        if (head.getVersion() != null && head.getVersion().getMajor() != 1) {
            return Answer.error(505, "HTTP/1.1 is what is understood here");
        }
        if (!gate.knows(values(head, "Host"))) {
            return Answer.error(421, "this is not the host of the request (Host header); see admin.hosts");
        }
        if (!hasOneLength(head)) {
            return Answer.error(400, "the request has more than one length, or one that is none");
        }
        Request request = Request.of(method(head.getMethod()), target(head), peer());
        if (request == null) {
            return NOT_FOUND;
        }
        boolean order = request.method().equals("POST");
        if (order && !values(head, Gate.ORDER_HEADER).equals(List.of("1"))) {
            return Answer.error(403, "an order needs the header " + Gate.ORDER_HEADER + ": 1");
        }
        boolean isApi = !request.path().isEmpty() && request.path().getFirst().equals("api");
        if ((order || isApi) && !gate.trusts(values(head, "Authorization"))) {
            return Answer.error(401, "this needs the token (Authorization: Bearer TOKEN)")
                    .with("WWW-Authenticate", "Bearer realm=\"sluice\"");
        }
        Set<String> methods = dispatcher.methods(request);
        if (methods.isEmpty()) {
            return NOT_FOUND;
        }
        if (!methods.contains(request.method())) {
            return Answer.error(405, "that cannot be done with this").with("Allow", allow(methods));
        }
        try {
            return dispatcher.answer(request);
        } catch (RuntimeException | Error e) {
            onFault.accept(e);
            return Answer.error(500, "internal error; the messages of the proxy have more");
        }
    }

    /** Bodies are not read, but whoever is in between may find their ends elsewhere (RFC 9112, 6.3). */
    private static boolean hasOneLength(ClassicHttpRequest head) {
        List<String> lengths = values(head, "Content-Length");
        return lengths.size() + values(head, "Transfer-Encoding").size() <= 1
                && lengths.stream().allMatch(length -> LENGTH.matcher(length).matches());
    }

    /** HEAD is GET without the body (RFC 9110, 9.3.2). */
    private static String method(String method) {
        return method.equals("HEAD") ? "GET" : method;
    }

    private static String allow(Set<String> methods) {
        Set<String> all = new TreeSet<>(methods);
        if (all.contains("GET")) {
            all.add("HEAD");
        }
        return String.join(", ", all);
    }

    /** As it was sent: a form with a host in it (RFC 9112, 3.2.2) is no path. */
    private static String target(ClassicHttpRequest head) {
        return head.getAuthority() == null ? String.valueOf(head.getPath()) : "";
    }

    private @Nullable String peer() {
        try {
            return channel.getRemoteAddress() instanceof InetSocketAddress inet
                    ? Address.of(inet.getAddress(), inet.getPort()).toString()
                    : null;
        } catch (IOException e) {
            return null; // it has left
        }
    }

    private static List<String> values(ClassicHttpRequest head, String name) {
        List<String> values = new ArrayList<>();
        for (Header header : head.getHeaders(name)) {
            values.add(header.getValue() == null ? "" : header.getValue());
        }
        return values;
    }

    private void write(Answer answer, boolean headOnly) throws IOException {
        byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
        ClassicHttpResponse response = new BasicClassicHttpResponse(answer.status(), reason(answer.status()));
        response.setVersion(HttpVersion.HTTP_1_1);
        response.addHeader("Content-Type", answer.type());
        response.addHeader("Content-Length", body.length);
        response.addHeader("Connection", "close");
        response.addHeader("Cache-Control", "no-store");
        response.addHeader("X-Content-Type-Options", "nosniff");
        response.addHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
        response.addHeader("X-Frame-Options", "DENY");
        response.addHeader("Referrer-Policy", "no-referrer");
        response.addHeader("Cross-Origin-Resource-Policy", "same-origin");
        answer.headers().forEach(response::setHeader); // in place of what every answer has
        OutputStream out = Channels.newOutputStream(channel);
        SessionOutputBufferImpl buffer = new SessionOutputBufferImpl(BUFFER);
        try {
            new DefaultHttpResponseWriter().write(response, buffer, out);
        } catch (HttpException e) {
            throw new IllegalStateException("an answer that HTTP does not know", e);
        }
        buffer.flush(out);
        if (!headOnly) {
            out.write(body);
        }
    }

    private static @Nullable String reason(int status) {
        return switch (status) {
            case 200 -> "OK";
            case 202 -> "Accepted";
            case 400 -> "Bad Request";
            case 401 -> "Unauthorized";
            case 403 -> "Forbidden";
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 409 -> "Conflict";
            case 421 -> "Misdirected Request";
            case 422 -> "Unprocessable Content";
            case 431 -> "Request Header Fields Too Large";
            case 503 -> "Service Unavailable";
            case 505 -> "HTTP Version Not Supported";
            default -> "Internal Server Error";
        };
    }

    private static void readRest(InputStream in) throws IOException {
        byte[] rest = new byte[BUFFER];
        int n = 0;
        for (int sum = 0; n >= 0 && sum < MAX_REST; sum += n) {
            n = in.read(rest);
        }
    }

    /** A stream with an end that the client does not choose. */
    private static final class Bounded extends FilterInputStream {
        private int left = MAX_REQUEST;

        Bounded(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            if (left <= 0) {
                throw new MessageConstraintException("more than " + MAX_REQUEST + " bytes");
            }
            int n = super.read(bytes, from, Math.min(length, left));
            left -= Math.max(0, n);
            return n;
        }
    }
}
