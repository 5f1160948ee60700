package dev.sluice.cli.ask.client;

import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.text.Units;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.NoHttpResponseException;
import org.jspecify.annotations.Nullable;

/**
 * Asks one proxy. Whatever keeps it from an answer is a {@link CommandFailure} of one line, which says where.
 *
 * @param address of its admin interface
 * @param token what requests are to show, null: none
 * @param tokenFile where that is from, for messages
 */
public record AdminClient(AdminAddress address, @Nullable String token, String tokenFile) {
    /** How long an exchange may take, its connect included. */
    public static final Duration PATIENCE = Duration.ofSeconds(5);

    /** For an order that looks names up: the proxy itself gives it as long. */
    public static final Duration LONG_PATIENCE = Duration.ofMinutes(2);

    private static final int UNAUTHORIZED = 401;

    /** What a path has to tell, or why it has nothing. */
    public Reply get(String path) {
        return ask("GET", path, PATIENCE);
    }

    /** An order, and what came of it, done or not. */
    public Reply post(String path) {
        return post(path, PATIENCE);
    }

    /** An order that may take longer. */
    public Reply post(String path, Duration patience) {
        return ask("POST", path, patience);
    }

    /** A name as a segment of a path, or as the value of a parameter. */
    public static String encode(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private Reply ask(String method, String path, Duration patience) {
        Reply reply;
        try (Exchange exchange = new Exchange(address, method, path, token)) {
            reply = await(exchange, patience);
        } catch (IOException e) {
            throw new CommandFailure("the proxy at " + address + " cannot be asked: " + e.getMessage());
        }
        if (reply.status() == UNAUTHORIZED) {
            throw new CommandFailure("the proxy at " + address
                    + (token == null
                            ? " wants a token: --token-file FILE, or SLUICE_ADMIN_TOKEN_FILE"
                            : " does not take the token in " + tokenFile));
        }
        return reply;
    }

    /** On a thread of its own: neither a connect nor the lookup of a name can be given a deadline. */
    private Reply await(Exchange exchange, Duration patience) throws IOException {
        FutureTask<Reply> task = new FutureTask<>(exchange);
        Thread.ofPlatform().name("sluice-ask").daemon().start(task);
        try {
            return task.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new CommandFailure("the proxy at " + address + " has not answered within " + Units.format(patience));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("the proxy at " + address + " was not waited for");
        } catch (ExecutionException e) {
            throw explain(e.getCause());
        }
    }

    private RuntimeException explain(@Nullable Throwable cause) {
        if (cause instanceof Exchange.StrangerException) {
            return new CommandFailure(
                    "what listens at " + address + " is not the admin interface of a Sluice: " + cause.getMessage());
        }
        if (!(cause instanceof IOException)) {
            return new IllegalStateException("an exchange failed", cause);
        }
        String words = String.valueOf(cause.getMessage());
        if ((cause instanceof ConnectException && words.contains("refused")) || isGone()) {
            return new CommandFailure("nobody listens at " + address);
        }
        boolean cut = cause instanceof NoHttpResponseException || cause instanceof ConnectionClosedException;
        return new CommandFailure("the proxy at " + address + " cannot be asked: "
                + (cut ? "the connection ended before the answer did" : words));
    }

    /** Whether it is a unix socket that is not there. */
    private boolean isGone() {
        return address.text().startsWith("unix:")
                && !Files.exists(Path.of(address.text().substring("unix:".length())), LinkOption.NOFOLLOW_LINKS);
    }
}
