package dev.sluice.tests.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Daemon;
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

/** Prometheus itself, which scrapes for some time while bytes are sent: it finds nothing wrong, and what it makes of them is what was sent. */
@Timeout(240)
class PrometheusTest {
    private static final int SECONDS = Repeats.of("scraping", 15);
    /** Of the rate, which Prometheus extrapolates from what it has seen, and the test takes at times of its own. */
    private static final double TOLERANCE = 0.2;

    private static final int WINDOW_SECONDS = 10;
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
                Thread.sleep(1000L * Math.max(1, SECONDS - WINDOW_SECONDS));
                long before = sent.get();
                long begun = System.nanoTime();
                Thread.sleep(1000L * WINDOW_SECONDS);
                double rate = (sent.get() - before) * 1e9 / (System.nanoTime() - begun);
                agrees(new Api(client, port), rate);
                over.set(true);
                Workers.await(sending);
                assertTrue(prometheus.isRunning(), prometheus::log);
            }
        }
    }

    private static void agrees(Api api, double rate) throws IOException, InterruptedException {
        String all = "[" + SECONDS + "s]";
        assertEquals(1, api.value("up"));
        assertEquals(1, api.value("min_over_time(up" + all + ")"), "no scrape has failed");
        double scrapes = api.value("count_over_time(up" + all + ")");
        assertTrue(scrapes >= SECONDS / 2.0, () -> scrapes + " scrapes");
        JsonObject target = api.get("/api/v1/targets")
                .getAsJsonArray("activeTargets")
                .get(0)
                .getAsJsonObject();
        assertEquals("up", target.get("health").getAsString());
        assertEquals("", target.get("lastError").getAsString());
        for (String direction : List.of("up", "down")) {
            double seen = api.value(
                    "sum(rate(sluice_bytes_total{direction=\"" + direction + "\"}[" + WINDOW_SECONDS + "s]))");
            assertTrue(Math.abs(seen - rate) < TOLERANCE * rate, () -> direction + ": " + seen + " B/s, sent " + rate);
        }
        assertEquals(1, api.value("sum(sluice_listener_sessions)"));
        assertEquals(1, api.value("count(sluice_build_info)"));
        assertTrue(api.value("process_cpu_seconds_total") > 0);
    }
}
