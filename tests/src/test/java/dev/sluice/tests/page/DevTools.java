package dev.sluice.tests.page;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.tests.testkit.SluiceProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** The DevTools protocol of a browser: commands with their answers, and events, as JSON over a WebSocket. */
final class DevTools implements AutoCloseable {
    private final HttpClient client = HttpClient.newHttpClient();
    private final Map<Integer, CompletableFuture<JsonObject>> waiting = new ConcurrentHashMap<>();
    private final AtomicInteger last = new AtomicInteger();
    private final BiConsumer<String, JsonObject> onEvent;
    private final WebSocket socket;

    /**
     * Connects.
     *
     * @param onEvent is told of each event: its method and its parameters
     */
    DevTools(URI address, BiConsumer<String, JsonObject> onEvent) {
        this.onEvent = onEvent;
        this.socket = await(client.newWebSocketBuilder().buildAsync(address, new Listener()), "a connection");
    }

    private static <T> T await(CompletableFuture<T> future, String what) {
        try {
            return future.get(SluiceProcess.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("the browser does not answer: " + what, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /**
     * Gives a command and waits for what comes of it.
     *
     * @param session of the page that it is for, null: the browser itself
     */
    JsonObject call(@Nullable String session, String method, JsonObject parameters) {
        int id = last.incrementAndGet();
        JsonObject command = new JsonObject();
        command.addProperty("id", id);
        command.addProperty("method", method);
        command.add("params", parameters);
        if (session != null) {
            command.addProperty("sessionId", session);
        }
        CompletableFuture<JsonObject> answer = new CompletableFuture<>();
        waiting.put(id, answer);
        await(socket.sendText(command.toString(), true), method);
        JsonObject answered = await(answer, method);
        if (answered.has("error")) {
            throw new AssertionError(method + " " + parameters + ": " + answered.get("error"));
        }
        return answered.getAsJsonObject("result");
    }

    @Override
    public void close() {
        socket.abort();
        client.shutdownNow();
        client.close();
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean isLast) {
            text.append(data);
            if (isLast) {
                JsonObject message = JsonParser.parseString(text.toString()).getAsJsonObject();
                text.setLength(0);
                if (message.has("id")) {
                    CompletableFuture<JsonObject> answer =
                            waiting.remove(message.get("id").getAsInt());
                    if (answer != null) {
                        answer.complete(message);
                    }
                } else {
                    onEvent.accept(message.get("method").getAsString(), message.getAsJsonObject("params"));
                }
            }
            from.request(1);
            return null;
        }
    }
}
