package dev.sluice.tests.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Chance;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Repeats;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import dev.sluice.tests.testkit.Workers;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the proxy has counted, after thousands of sessions of all sorts, is what their clients have: to the byte, and to the session. */
@Timeout(300)
class CountersTest {
    private static final int SESSIONS = Repeats.of("sessions", 10_000);
    private static final int WORKERS = 8;
    private static final int TINY = 2_000;
    private static final int MIDDLE = 100_000;
    private static final int BULK = 1 << 20;

    /** How a session goes; the first thing that a client says. */
    private enum Kind {
        /** All comes back, and the client ends. */
        ECHO("client", "fin"),
        /** The client ends, and then all comes back. */
        HALF_CLOSE("client", "fin"),
        /** All comes back, and the client resets. */
        CLIENT_RESETS("client", "reset"),
        /** All comes back, and the server resets once the client says that it has it. */
        SERVER_RESETS("upstream", "reset"),
        /** The server sends, and ends. */
        SERVER_SENDS("upstream", "fin");

        private final String who;
        private final String cause;

        Kind(String who, String cause) {
            this.who = who;
            this.cause = cause;
        }

        /** Bytes of its name, with their number, and of a length. */
        int head() {
            return Short.BYTES + name().length() + Integer.BYTES;
        }
    }

    /** A listener, and what its clients have counted. */
    private static final class Counted {
        private final String name;
        private final int port;
        private final AtomicLong up = new AtomicLong();
        private final AtomicLong down = new AtomicLong();
        private final Map<Kind, Integer> ends = new ConcurrentHashMap<>();

        Counted(String name, int port) {
            this.name = name;
            this.port = port;
        }

        int ends(String who, String cause) {
            int sum = 0;
            for (Kind kind : Kind.values()) {
                sum += kind.who.equals(who) && kind.cause.equals(cause) ? ends.getOrDefault(kind, 0) : 0;
            }
            return sum;
        }
    }

    @TempDir
    private Path folder;

    private static void serve(Socket socket) throws IOException {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        Kind kind = Kind.valueOf(in.readUTF());
        int length = in.readInt();
        switch (kind) {
            case ECHO, CLIENT_RESETS, SERVER_RESETS -> {
                byte[] buffer = new byte[1 << 16];
                for (int left = length; left > 0; ) {
                    int n = in.read(buffer, 0, Math.min(left, buffer.length));
                    if (n < 0) {
                        return;
                    }
                    socket.getOutputStream().write(buffer, 0, n);
                    left -= n;
                }
                int last = in.read(); // an end, or the word that all has come back
                if (kind == Kind.SERVER_RESETS && last >= 0) {
                    socket.setSoLinger(true, 0);
                }
            }
            case HALF_CLOSE -> socket.getOutputStream().write(in.readAllBytes());
            case SERVER_SENDS -> {
                socket.getOutputStream().write(new byte[length]);
                socket.shutdownOutput();
                in.readAllBytes();
            }
        }
    }

    private static void session(Counted listener, Kind kind, int length) throws IOException {
        try (Socket client = TestClient.connect(listener.port)) {
            DataOutputStream out = new DataOutputStream(client.getOutputStream());
            out.writeUTF(kind.name());
            out.writeInt(length);
            long up = kind.head();
            long down = length;
            switch (kind) {
                case ECHO -> {
                    up += TestClient.echo(client, new byte[length]).length;
                    client.shutdownOutput();
                    assertEnd(client, 0);
                }
                case HALF_CLOSE -> {
                    out.write(new byte[length]);
                    up += length;
                    client.shutdownOutput();
                    assertEnd(client, length);
                }
                case CLIENT_RESETS -> {
                    up += TestClient.echo(client, new byte[length]).length;
                    client.setSoLinger(true, 0);
                }
                case SERVER_RESETS -> {
                    up += TestClient.echo(client, new byte[length]).length;
                    out.writeByte(1);
                    up++;
                    assertFalse(TestClient.receive(client).clean());
                }
                case SERVER_SENDS -> assertEnd(client, length);
            }
            listener.up.addAndGet(up);
            listener.down.addAndGet(down);
            listener.ends.merge(kind, 1, Integer::sum);
        }
    }

    private static void assertEnd(Socket client, int length) throws IOException {
        TestClient.Received received = TestClient.receive(client);
        assertTrue(received.clean());
        assertEquals(length, received.bytes().length);
    }

    private static int length(Random random) {
        int size = random.nextInt(100);
        return 1 + random.nextInt(size == 0 ? BULK : size < 10 ? MIDDLE : TINY);
    }

    private List<Counted> listeners(SluiceProcess sluice, List<String> names) {
        sluice.awaitListening(names.size());
        List<Counted> listeners = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            listeners.add(new Counted(names.get(i), ((InetSocketAddress) sluice.address(i)).getPort()));
        }
        return listeners;
    }

    @Test
    void areWhatTheClientsCounted() throws Exception {
        List<String> names = new ArrayList<>();
        StringBuilder file = new StringBuilder("threads: 2\naccess-log: off\nadmin: \"127.0.0.1:0\"\nlisteners:\n");
        for (String which : List.of("one", "other")) {
            for (Relay relay : Relay.values()) {
                names.add(which + "-" + relay.word());
                file.append("  - {name: %s, bind: \"127.0.0.1:0\", upstream: servers, relay: %s}\n"
                        .formatted(names.getLast(), relay.word()));
            }
        }
        try (Backend servers = Backend.start(CountersTest::serve)) {
            file.append("upstreams:\n  - {name: servers, endpoints: [\"" + servers.address() + "\"]}\n");
            Path path = Files.writeString(folder.resolve("sluice.yaml"), file);
            try (SluiceProcess sluice = SluiceProcess.run("-c", path.toString())) {
                List<Counted> listeners = listeners(sluice, names);
                run(listeners);
                AdminClient admin = AdminClient.of(sluice);
                Eventually.holds(
                        "all have ended",
                        () -> MetricsTest.sum(MetricsTest.scrape(admin), "sluice_sessions_total") == SESSIONS);
                Map<String, Double> series = MetricsTest.scrape(admin);
                listeners.forEach(listener -> compare(listener, series));
                assertEquals(SESSIONS, MetricsTest.sum(series, "sluice_session_seconds_count"));
                assertEquals(SESSIONS, MetricsTest.sum(series, "sluice_connect_seconds_count"));
                assertEquals(0, MetricsTest.sum(series, "sluice_endpoint_failures_total"));
                assertEquals(0, MetricsTest.sum(series, "sluice_endpoint_sessions"));
            }
        }
    }

    private static void run(List<Counted> listeners) {
        try (Workers workers = new Workers()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < WORKERS; i++) {
                Random random = Chance.of("CountersTest" + i);
                int count = SESSIONS / WORKERS + (i < SESSIONS % WORKERS ? 1 : 0);
                all.add(workers.run(() -> {
                    for (int n = 0; n < count; n++) {
                        Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
                        session(listeners.get(random.nextInt(listeners.size())), kind, length(random));
                    }
                }));
            }
            Workers.awaitAll(all, SluiceProcess.PATIENCE.multipliedBy(10));
        }
    }

    private static void compare(Counted listener, Map<String, Double> series) {
        String label = "listener=\"" + listener.name + '"';
        assertTrue(listener.up.get() > 0, label);
        assertEquals(
                listener.up.get(), MetricsTest.sum(series, "sluice_bytes_total", label, "direction=\"up\""), label);
        assertEquals(
                listener.down.get(), MetricsTest.sum(series, "sluice_bytes_total", label, "direction=\"down\""), label);
        assertEquals(0, MetricsTest.sum(series, "sluice_listener_sessions", label), label);
        long sessions = 0;
        for (String who : List.of("client", "upstream")) {
            for (String cause : List.of("fin", "reset")) {
                long counted = MetricsTest.sum(
                        series, "sluice_sessions_total", label, "who=\"" + who + '"', "cause=\"" + cause + '"');
                assertEquals(listener.ends(who, cause), counted, label + " " + who + " " + cause);
                sessions += counted;
            }
        }
        assertEquals(MetricsTest.sum(series, "sluice_sessions_total", label), sessions, "and no others");
    }
}
