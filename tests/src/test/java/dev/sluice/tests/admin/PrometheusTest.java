package dev.sluice.tests.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Daemon;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Repeats;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import dev.sluice.tests.testkit.Workers;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Prometheus itself, which scrapes for some time while bytes are sent: it finds nothing wrong, and all that was sent. */
@Timeout(240)
class PrometheusTest {
    private static final int SECONDS = Repeats.of("scraping", 15);
    /** All that Prometheus says of a scrape that was too slow for it. */
    private static final String LATE = "context deadline exceeded";

    private static final int CHUNK = 20_000;

    @TempDir
    private Path folder;

    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicLong sent = new AtomicLong();

    private void send(int port) throws IOException, InterruptedException {
        byte[] chunk = new byte[CHUNK];
        try (Socket client = TestClient.connect(port)) {
            while (!over.get()) {
                assertEquals(CHUNK, TestClient.echo(client, chunk).length);
                sent.addAndGet(CHUNK);
                Thread.sleep(10);
            }
        }
    }

    /** An instance of Prometheus, by its HTTP API. */
    private record Api(HttpClient client, int port) {
        JsonObject get(String path) throws IOException, InterruptedException {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                    .timeout(SluiceProcess.PATIENCE)
                    .build();
            HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            assertEquals(200, answer.statusCode(), answer::body);
            return JsonParser.parseString(answer.body()).getAsJsonObject().getAsJsonObject("data");
        }

        /** The sum of what an expression has now, 0 behind a scrape that failed. */
        double sum(String expression) throws IOException, InterruptedException {
            return value("sum(" + expression + ") or vector(0)");
        }

        /** The value of an expression that has one. */
        double value(String expression) throws IOException, InterruptedException {
            JsonArray result = get("/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8))
                    .getAsJsonArray("result");
            assertEquals(1, result.size(), () -> expression + ": " + result);
            return result.get(0)
                    .getAsJsonObject()
                    .getAsJsonArray("value")
                    .get(1)
                    .getAsDouble();
        }
    }

    @Test
    void scrapesForAWhile() throws Exception {
        Path program = Machine.needs("prometheus", "prometheus");
        try (Backend echo = Backend.echo();
                SluiceProcess sluice =
                        SluiceProcess.run("--listen", "127.0.0.1:0", "--to", echo.address(), "--admin", "127.0.0.1:0");
                Workers workers = new Workers();
                HttpClient client = HttpClient.newHttpClient()) {
            Path file = Files.writeString(folder.resolve("prometheus.yml"), """
                    global: {scrape_interval: 1s, scrape_timeout: 1s}
                    scrape_configs:
                      - job_name: sluice
                        static_configs: [{targets: ["%s"]}]
                    """.formatted(
                            AdminClient.of(sluice).host()));
            int port = Machine.freePort();
            List<String> command = List.of(
                    program.toString(),
                    "--config.file=" + file,
                    "--storage.tsdb.path=" + folder.resolve("data"),
                    "--web.listen-address=127.0.0.1:" + port);
            try (Daemon prometheus = Daemon.start(folder, port, command)) {
                Future<?> sending = workers.run(() -> send(sluice.port()));
                Thread.sleep(1000L * SECONDS);
                Api api = new Api(client, port);
                isWell(api);
                over.set(true);
                Workers.await(sending);
                for (String direction : List.of("up", "down")) {
                    String bytes = "sum(sluice_bytes_total{direction=\"" + direction + "\"})";
                    Eventually.holds(bytes + " is " + sent, () -> api.sum(bytes) == sent.get());
                }
                assertTrue(prometheus.isRunning(), prometheus::log);
            }
        }
    }

    private static void isWell(Api api) throws Exception {
        double scrapes = api.value("count_over_time(up[" + SECONDS + "s])");
        assertTrue(scrapes >= SECONDS / 2.0, () -> scrapes + " scrapes");
        // A busy machine may be late once; what is wrong with an answer is wrong with all of them.
        Eventually.holds("a scrape that worked", () -> {
            JsonObject target = api.get("/api/v1/targets")
                    .getAsJsonArray("activeTargets")
                    .get(0)
                    .getAsJsonObject();
            String error = target.get("lastError").getAsString();
            assertTrue(error.isEmpty() || error.contains(LATE), error);
            return target.get("health").getAsString().equals("up")
                    && api.sum("up") == 1
                    && api.sum("sluice_listener_sessions") == 1
                    && api.sum("sluice_build_info") == 1
                    && api.sum("process_cpu_seconds_total") > 0;
        });
    }
}
