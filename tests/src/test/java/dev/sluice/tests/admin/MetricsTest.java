package dev.sluice.tests.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Connections;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import dev.sluice.tests.testkit.Workers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Metrics are what the clients counted, and what Prometheus reads. */
@Timeout(240)
class MetricsTest {
    private static final int WORKERS = 8;
    private static final int EACH = 125;
    private static final int MOST_BYTES = 100_000;
    private static final long SEED = 4711;

    @TempDir
    private Path folder;

    private final AtomicLong moved = new AtomicLong();
    private final AtomicLong closed = new AtomicLong();
    private final AtomicLong resets = new AtomicLong();

    /** Every series by name and labels, as they are in the text. */
    static Map<String, Double> scrape(AdminClient admin) throws IOException {
        AdminClient.Answer answer = admin.get("/metrics");
        assertEquals(200, answer.status());
        assertTrue(answer.has("Content-Type: text/plain; version=0.0.4; charset=utf-8"), answer::head);
        Map<String, Double> series = new HashMap<>();
        answer.body()
                .lines()
                .filter(line -> !line.startsWith("#"))
                .forEach(line -> series.put(
                        line.substring(0, line.lastIndexOf(' ')),
                        Double.valueOf(line.substring(line.lastIndexOf(' ') + 1).replace("+Inf", "Infinity"))));
        return series;
    }

    /** The sum of all series of a name that have all of these labels. */
    static long sum(Map<String, Double> series, String name, String... labels) {
        double sum = 0;
        for (Map.Entry<String, Double> one : series.entrySet()) {
            boolean all = one.getKey().startsWith(name + "{");
            for (String label : labels) {
                all &= one.getKey().contains(label);
            }
            sum += all ? one.getValue() : 0;
        }
        return (long) sum;
    }

    private Path file(String upstreams) throws IOException {
        return Files.writeString(folder.resolve("sluice.yaml"), """
                threads: 2
                access-log: off
                admin: {bind: "127.0.0.1:0"}
                listeners:
                  - {name: spliced, bind: "127.0.0.1:0", upstream: echo}
                  - {name: copied, bind: "127.0.0.1:0", upstream: echo, relay: copy}
                  - {name: nobody, bind: "127.0.0.1:0", upstream: gone}
                upstreams:
                %s
                """.formatted(upstreams));
    }

    private static String upstreams(Backend echo) {
        return "  - {name: echo, endpoints: [\"%s\"]}\n  - {name: gone, retries: 0, endpoints: [\"127.0.0.1:1\"]}"
                .formatted(echo.address());
    }

    /** A thousand sessions on three listeners: some end in order, some with a reset, some are connected to nothing. To the byte. */
    @Test
    void addUpWithWhatClientsCounted() throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice =
                        SluiceProcess.run("-c", file(upstreams(echo)).toString())) {
            sluice.awaitListening(3);
            AdminClient admin = AdminClient.of(sluice);
            int[] ports = ports(sluice);
            try (Workers workers = new Workers()) {
                List<Future<?>> all = new ArrayList<>();
                for (int i = 0; i < WORKERS; i++) {
                    Random random = new Random(SEED + i);
                    all.add(workers.run(() -> {
                        for (int n = 0; n < EACH; n++) {
                            session(ports, random);
                        }
                    }));
                }
                Workers.awaitAll(all, SluiceProcess.PATIENCE.multipliedBy(5));
            }
            int total = WORKERS * EACH;
            Eventually.holds("all have ended", () -> sum(scrape(admin), "sluice_sessions_total") == total);
            Map<String, Double> series = scrape(admin);
            for (String direction : List.of("up", "down")) {
                String label = "direction=\"" + direction + '"';
                assertEquals(moved.get(), sum(series, "sluice_bytes_total", label), direction);
            }
            assertEquals(0, sum(series, "sluice_bytes_total", "listener=\"copied\"", "path=\"splice\""));
            assertEquals(0, sum(series, "sluice_bytes_total", "listener=\"nobody\""));
            assertTrue(sum(series, "sluice_bytes_total", "listener=\"copied\"", "path=\"copy\"") > 0);
            assertTrue(sum(series, "sluice_bytes_total", "listener=\"spliced\"", "path=\"splice\"") > 0);
            assertEquals(closed.get(), sum(series, "sluice_sessions_total", "who=\"client\"", "cause=\"fin\""));
            assertEquals(resets.get(), sum(series, "sluice_sessions_total", "who=\"client\"", "cause=\"reset\""));
            long failed = total - closed.get() - resets.get();
            assertEquals(
                    failed, sum(series, "sluice_sessions_total", "cause=\"connect-failed\"", "listener=\"nobody\""));
            assertEquals(failed, sum(series, "sluice_endpoint_failures_total", "upstream=\"gone\""));
            assertEquals(total - failed, sum(series, "sluice_connect_seconds_count"));
            assertEquals(total, sum(series, "sluice_session_seconds_count"));
            assertEquals(total, sum(series, "sluice_session_seconds_bucket", "le=\"+Inf\""));
            assertEquals(0, sum(series, "sluice_listener_sessions"));
        }
    }

    private static int[] ports(SluiceProcess sluice) {
        int[] ports = new int[3];
        for (int i = 0; i < ports.length; i++) {
            String address = sluice.listening(i);
            ports[i] = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
        }
        return ports;
    }

    private void session(int[] ports, Random random) throws IOException {
        int listener = random.nextInt(10) == 0 ? 2 : random.nextInt(2);
        byte[] bytes = new byte[1 + random.nextInt(MOST_BYTES)];
        if (listener == 2) {
            refused(ports[listener]);
            return;
        }
        try (Socket client = TestClient.connect(ports[listener])) {
            assertEquals(bytes.length, TestClient.echo(client, bytes).length);
            moved.addAndGet(bytes.length);
            if (random.nextInt(4) == 0) {
                client.setSoLinger(true, 0);
                resets.incrementAndGet();
            } else {
                client.shutdownOutput();
                assertTrue(TestClient.receive(client).clean());
                closed.incrementAndGet();
            }
        }
    }

    /** The reset may come before anything could be asked of the socket. */
    private static void refused(int port) throws IOException {
        try (SocketChannel client = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
            assertEquals(-1, client.read(ByteBuffer.allocate(1)));
        } catch (SocketException reset) {
            assertTrue(String.valueOf(reset.getMessage()).contains("reset"), reset::toString);
        }
    }

    /** A session that has not ended is seen all the same; its bytes move while it lives. */
    @Test
    void moveWhileASessionLives() throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice =
                        SluiceProcess.run("-c", file(upstreams(echo)).toString())) {
            sluice.awaitListening(3);
            AdminClient admin = AdminClient.of(sluice);
            try (Socket client = TestClient.connect(ports(sluice)[0])) {
                for (int i = 1; i <= 3; i++) {
                    TestClient.echo(client, new byte[1000]);
                    Map<String, Double> series = scrape(admin);
                    assertEquals(1000L * i, sum(series, "sluice_bytes_total", "direction=\"up\""));
                    assertEquals(1, sum(series, "sluice_listener_sessions", "listener=\"spliced\""));
                    assertEquals(1, sum(series, "sluice_endpoint_sessions", "upstream=\"echo\""));
                    assertEquals(1, sum(series, "sluice_connect_seconds_count", "upstream=\"echo\""));
                    assertEquals(0, sum(series, "sluice_sessions_total"));
                }
            }
        }
    }

    /** Of live sessions at a scrape, and of each at its end; only where there is a TCP connection. */
    @Test
    void tellWhatTheKernelMeasures() throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice =
                        SluiceProcess.run("-c", file(upstreams(echo)).toString())) {
            sluice.awaitListening(3);
            AdminClient admin = AdminClient.of(sluice);
            String count = "sluice_endpoint_rtt_seconds_count";
            String of = "upstream=\"echo\"";
            try (Socket client = TestClient.connect(ports(sluice)[0])) {
                TestClient.echo(client, new byte[1000]);
                Eventually.holds("a sample of one that lives", () -> sum(scrape(admin), count, of) > 0);
                Map<String, Double> series = scrape(admin);
                double mean = find(series, "sluice_endpoint_rtt_seconds_sum", of) / find(series, count, of);
                assertTrue(mean > 0 && mean < 1, () -> mean + " s over loopback");
                assertEquals(0, find(series, "sluice_endpoint_retransmits_total", of));
                JsonObject endpoint = endpoint(admin);
                assertTrue(endpoint.get("rtt_us").getAsLong() > 0, endpoint::toString);
                assertEquals(0, endpoint.get("retransmits").getAsLong());
            }
            long before = sum(scrape(admin), count, of);
            for (int i = 0; i < 20; i++) {
                try (Socket client = TestClient.connect(ports(sluice)[1])) {
                    TestClient.echo(client, new byte[10]);
                }
            }
            Eventually.holds("one of each that ends", () -> sum(scrape(admin), count, of) >= before + 20);
            assertEquals(0, sum(scrape(admin), count, "upstream=\"gone\""));
        }
    }

    private static double find(Map<String, Double> series, String name, String label) {
        return series.entrySet().stream()
                .filter(one ->
                        one.getKey().startsWith(name + "{") && one.getKey().contains(label))
                .mapToDouble(Map.Entry::getValue)
                .sum();
    }

    private static JsonObject endpoint(AdminClient admin) throws IOException {
        for (JsonElement upstream : admin.get("/api/v1/upstreams").json().getAsJsonArray()) {
            JsonObject one = upstream.getAsJsonObject();
            if (one.get("name").getAsString().equals("echo")) {
                return one.getAsJsonArray("endpoints").get(0).getAsJsonObject();
            }
        }
        throw new AssertionError("no upstream echo");
    }

    /** How busy each loop is, how long its turns take, what pipes there are; in the text and in the state. */
    @Test
    void tellOfTheLoops() throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice =
                        SluiceProcess.run("-c", file(upstreams(echo)).toString())) {
            sluice.awaitListening(3);
            AdminClient admin = AdminClient.of(sluice);
            try (Socket client = TestClient.connect(ports(sluice)[0])) {
                TestClient.echo(client, new byte[100_000]);
                Map<String, Double> series = scrape(admin);
                for (String loop : List.of("loop=\"0\"", "loop=\"1\"")) {
                    double busy = find(series, "sluice_loop_busy_ratio", loop);
                    assertTrue(busy > 0 && busy < 1, () -> "busy: " + busy);
                    double median = turn(series, loop, "0.5");
                    double longest = turn(series, loop, "1.0");
                    assertTrue(median > 0 && median <= turn(series, loop, "0.99"), () -> "median: " + median);
                    assertTrue(longest >= turn(series, loop, "0.99") && longest < 60, () -> "longest: " + longest);
                    assertTrue(sum(series, "sluice_loop_turn_seconds_count", loop) > 0);
                }
                Eventually.holds("its pipe is kept", () -> {
                    Map<String, Double> now = scrape(admin);
                    return sum(now, "sluice_pipes", "state=\"pooled\"") >= 1
                            && sum(now, "sluice_pipes", "state=\"leased\"") == 0;
                });
                JsonObject status = admin.get("/api/v1/status").json().getAsJsonObject();
                assertEquals(100_000, status.get("bytes_up").getAsLong());
                assertEquals(100_000, status.get("bytes_down").getAsLong());
                assertEquals(200_000, status.get("bytes_spliced").getAsLong());
                assertEquals(0, status.getAsJsonArray("ends").size());
                assertTrue(status.getAsJsonObject("pipes").get("pooled").getAsLong() >= 1, status::toString);
                assertEquals(2, status.getAsJsonArray("loops").size());
                long sessions = 0;
                for (JsonElement loop : status.getAsJsonArray("loops")) {
                    JsonObject one = loop.getAsJsonObject();
                    sessions += one.get("sessions").getAsLong();
                    assertTrue(one.get("busy").getAsDouble() < 1, one::toString);
                    assertTrue(
                            one.get("turn_max_us").getAsLong()
                                    >= one.get("turn_p50_us").getAsLong(),
                            one::toString);
                }
                assertEquals(1, sessions);
            }
            Eventually.holds(
                    "its end is told",
                    () -> admin.get("/api/v1/status")
                            .body()
                            .contains(
                                    "\"ends\":[{\"listener\":\"spliced\",\"who\":\"client\",\"cause\":\"fin\",\"count\":1}]"));
        }
    }

    private static double turn(Map<String, Double> series, String loop, String quantile) {
        return find(series, "sluice_loop_turn_seconds", loop + ",quantile=\"" + quantile + '"');
    }

    /** Without descriptors nobody is accepted for a moment, again and again. */
    @Test
    void tellWhyNobodyIsAccepted() throws Exception {
        List<String> few = List.of("sh", "-c", "ulimit -n 100; exec \"$@\"", "sh");
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = SluiceProcess.runUnder(
                        few, Map.of(), "-c", file(upstreams(echo)).toString())) {
            sluice.awaitListening(3);
            AdminClient admin = AdminClient.of(sluice);
            try (Connections<Socket> open = new Connections<>()) {
                for (int i = 0; i < 60; i++) {
                    open.add(TestClient.connect(ports(sluice)[1]));
                }
                Eventually.holds(
                        "a pause",
                        () -> sum(
                                        scrape(admin),
                                        "sluice_accept_pauses_total",
                                        "listener=\"copied\"",
                                        "errno=\"EMFILE\"")
                                > 0);
                assertEquals(0, sum(scrape(admin), "sluice_accept_pauses_total", "listener=\"spliced\""));
            }
        }
    }

    /** For whoever prefers JMX: the same figures, from the JVM itself. */
    @Test
    @SuppressWarnings("BanJNDI") // the answers are those of a process of the test's own
    void asBeansOfTheJvm() throws Exception {
        int port = Machine.freePort();
        String options =
                "-Dcom.sun.management.jmxremote.port=" + port + " -Dcom.sun.management.jmxremote.rmi.port=" + port
                        + " -Dcom.sun.management.jmxremote.host=127.0.0.1 -Djava.rmi.server.hostname=127.0.0.1"
                        + " -Dcom.sun.management.jmxremote.authenticate=false -Dcom.sun.management.jmxremote.ssl=false";
        try (Backend echo = Backend.echo()) {
            Path file = file(upstreams(echo));
            Files.writeString(file, Files.readString(file).replace("0\"}\nlisteners", "0\", jmx: true}\nlisteners"));
            try (SluiceProcess sluice = SluiceProcess.run(Map.of("SLUICE_JAVA_OPTS", options), "-c", file.toString())) {
                sluice.awaitListening(3);
                AdminClient.of(sluice);
                try (Socket client = TestClient.connect(ports(sluice)[0])) {
                    TestClient.echo(client, new byte[1000]);
                }
                JMXServiceURL url = new JMXServiceURL("service:jmx:rmi:///jndi/rmi://127.0.0.1:" + port + "/jmxrmi");
                try (JMXConnector jmx = JMXConnectorFactory.connect(url)) {
                    MBeanServerConnection beans = jmx.getMBeanServerConnection();
                    assertEquals(1000L, bean(beans, "sluice:name=sluice_bytes_up"));
                    String fin = "sluice:name=sluice_sessions,listener=\"spliced\",who=\"client\",cause=\"fin\"";
                    Eventually.holds("its end is told", () -> bean(beans, fin).equals(1L));
                    assertEquals(1L, bean(beans, "sluice:name=sluice_session_seconds_count,listener=\"spliced\""));
                }
                // What the JVM has of such a connection is not the proxy's: it goes when it likes.
                assertEquals(0, sluice.terminate());
            }
        }
    }

    private static Object bean(MBeanServerConnection beans, String name) throws IOException, JMException {
        return beans.getAttribute(new ObjectName(name), "Value");
    }

    /** Whoever meets one finds out what it is. */
    @Test
    void areAllInTheManual() throws IOException {
        String manual = Files.readString(SluiceProcess.HOME.resolve("docs/metrics.md"));
        try (Backend echo = Backend.echo();
                SluiceProcess sluice =
                        SluiceProcess.run("-c", file(upstreams(echo)).toString())) {
            sluice.awaitListening(3);
            List<String> missing = AdminClient.of(sluice)
                    .get("/metrics")
                    .body()
                    .lines()
                    .filter(line -> line.startsWith("# TYPE sluice_"))
                    .map(line -> line.split(" ", -1)[2])
                    .filter(name -> !manual.contains('`' + name + '`'))
                    .toList();
            assertEquals(List.of(), missing);
        }
    }

    /** What Prometheus itself says to the text. */
    @Test
    void areAsPrometheusWantsThem() throws Exception {
        Path promtool = Machine.needs("promtool", "prometheus");
        try (Backend echo = Backend.echo();
                SluiceProcess sluice =
                        SluiceProcess.run("-c", file(upstreams(echo)).toString())) {
            sluice.awaitListening(3);
            AdminClient admin = AdminClient.of(sluice);
            try (Socket client = TestClient.connect(ports(sluice)[0])) {
                TestClient.echo(client, new byte[1000]);
            }
            Process check = new ProcessBuilder(promtool.toString(), "check", "metrics")
                    .redirectErrorStream(true)
                    .start();
            check.getOutputStream().write(admin.get("/metrics").body().getBytes(StandardCharsets.UTF_8));
            check.getOutputStream().close();
            String words = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(check.waitFor(SluiceProcess.PATIENCE.toSeconds(), TimeUnit.SECONDS));
            assertEquals(0, check.exitValue(), words);
            assertEquals("", words);
        }
    }

    /** However many clients there are, there are no more series. */
    @Test
    void areBoundedWhateverClientsDo() throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice =
                        SluiceProcess.run("-c", file(upstreams(echo)).toString())) {
            sluice.awaitListening(3);
            AdminClient admin = AdminClient.of(sluice);
            int before = scrape(admin).size();
            int port = ports(sluice)[0];
            for (int i = 0; i < 50; i++) {
                try (Socket client = TestClient.connect(port)) {
                    TestClient.echo(client, new byte[10]);
                }
            }
            assertEquals(before, scrape(admin).size());
        }
    }
}
