package dev.sluice.cli.ask.client;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentLengthStrategy;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.BasicHttpTransportMetrics;
import org.apache.hc.core5.http.impl.DefaultContentLengthStrategy;
import org.apache.hc.core5.http.impl.io.ChunkedInputStream;
import org.apache.hc.core5.http.impl.io.ContentLengthInputStream;
import org.apache.hc.core5.http.impl.io.DefaultHttpRequestWriter;
import org.apache.hc.core5.http.impl.io.DefaultHttpResponseParser;
import org.apache.hc.core5.http.impl.io.IdentityInputStream;
import org.apache.hc.core5.http.impl.io.SessionInputBufferImpl;
import org.apache.hc.core5.http.impl.io.SessionOutputBufferImpl;
import org.apache.hc.core5.http.io.SessionInputBuffer;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.jspecify.annotations.Nullable;

/** One request and its answer, on a connection of its own. Blocks, until another thread closes it. */
final class Exchange implements Callable<Reply>, AutoCloseable {
    /** Ten thousand sessions are a fifth of that. */
    private static final int MAX_BODY = 32 << 20;

    private static final int BUFFER = 16 << 10;
    private static final int MAX_LINE = 8 << 10;

    private static final Http1Config LIMITS = Http1Config.custom()
            .setBufferSize(BUFFER)
            .setMaxLineLength(MAX_LINE)
            .setMaxHeaderCount(64)
            .setMaxEmptyLineCount(2)
            .build();

    private final AdminAddress address;
    private final ClassicHttpRequest request;
    private @Nullable SocketChannel channel;
    private boolean closed;

    /** What answers is no admin interface. */
    static final class StrangerException extends IOException {
        private static final long serialVersionUID = 1L;

        StrangerException(String message) {
            super(message);
        }
    }

    Exchange(AdminAddress address, String method, String path, @Nullable String token) {
        this.address = address;
        this.request = new BasicClassicHttpRequest(method, path);
        request.addHeader("Host", address.host());
        request.addHeader("Connection", "close");
        request.addHeader("Accept", "application/json");
        if (method.equals("POST")) {
            request.addHeader("X-Sluice", "1");
            request.addHeader("Content-Length", "0");
        }
        if (token != null) {
            request.addHeader("Authorization", "Bearer " + token);
        }
    }

    /** @throws StrangerException when what listens there is something else */
    @Override
    public Reply call() throws IOException {
        try (SocketChannel open = SocketChannel.open(address.resolve())) {
            keep(open);
            SessionOutputBufferImpl out = new SessionOutputBufferImpl(BUFFER);
            var stream = Channels.newOutputStream(open);
            new DefaultHttpRequestWriter().write(request, out, stream);
            out.flush(stream);
            SessionInputBuffer buffer = new SessionInputBufferImpl(
                    new BasicHttpTransportMetrics(),
                    BUFFER,
                    BUFFER,
                    MAX_LINE,
                    StandardCharsets.ISO_8859_1.newDecoder());
            InputStream in = Channels.newInputStream(open);
            ClassicHttpResponse head = new DefaultHttpResponseParser(LIMITS).parse(buffer, in);
            if (head == null || !isJson(head.getFirstHeader("Content-Type"))) {
                throw new StrangerException("it does not speak JSON");
            }
            return new Reply(address, head.getCode(), body(head, buffer, in));
        } catch (HttpException | MessageConstraintException e) {
            throw new StrangerException("it does not speak HTTP");
        }
    }

    private static boolean isJson(@Nullable Header type) {
        return type != null && type.getValue() != null && type.getValue().startsWith("application/json");
    }

    private static String body(ClassicHttpResponse head, SessionInputBuffer buffer, InputStream in)
            throws IOException, HttpException {
        long length = DefaultContentLengthStrategy.INSTANCE.determineLength(head);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] some = new byte[BUFFER];
        try (InputStream body = length >= 0
                ? new ContentLengthInputStream(buffer, in, length)
                : length == ContentLengthStrategy.CHUNKED
                        ? new ChunkedInputStream(buffer, in)
                        : new IdentityInputStream(buffer, in)) {
            for (int n = body.read(some); n >= 0; n = body.read(some)) {
                if (all.size() + n > MAX_BODY) {
                    throw new StrangerException("its answer has more than " + MAX_BODY + " bytes");
                }
                all.write(some, 0, n);
            }
        }
        return all.toString(StandardCharsets.UTF_8);
    }

    private synchronized void keep(SocketChannel open) throws IOException {
        channel = open;
        if (closed) {
            open.close();
        }
    }

    /** Ends it, from any thread: whoever waits for it has had enough. */
    @Override
    public synchronized void close() throws IOException {
        closed = true;
        if (channel != null) {
            channel.close();
        }
    }
}
