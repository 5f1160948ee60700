package dev.sluice.tests.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Connections;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who is served by whom, as clients see it, by each way of spreading them. */
@Timeout(90)
class BalanceTest {
    private static final List<Integer> WEIGHTS = List.of(3, 2, 1);
    private static final int CLIENTS = 300;

    @TempDir
    private Path folder;

    private final List<Backend> servers = new ArrayList<>();

    /** Each says its number to everyone who connects, and then sends back what it gets. */
    private void start(int number) {
        for (int i = 0; i < number; i++) {
            int own = i;
            servers.add(Backend.start(socket -> {
                socket.getOutputStream().write(own);
                socket.getInputStream().transferTo(socket.getOutputStream());
            }));
        }
    }

    @AfterEach
    void stop() {
        servers.forEach(Backend::close);
    }

    private Path configure(String balance, List<Integer> of, List<Integer> weights) throws IOException {
        StringBuilder text = new StringBuilder("""
                threads: 2
                access-log: off
                listeners: [{name: front, bind: "127.0.0.1:0", upstream: back}]
                upstreams:
                  - name: back
                    balance: %s
                    endpoints:
                """.formatted(balance));
        for (int i = 0; i < of.size(); i++) {
            text.append("      - {address: \"")
                    .append(servers.get(of.get(i)).address())
                    .append("\", weight: ")
                    .append(weights.get(i))
                    .append("}\n");
        }
        return Files.writeString(folder.resolve("sluice.yaml"), text);
    }

    /** One that balances over three, with the weights. */
    private SluiceProcess proxy(String balance) throws IOException {
        start(3);
        return SluiceProcess.run(
                "-c", configure(balance, List.of(0, 1, 2), WEIGHTS).toString());
    }

    /** Asks who serves, and that it does. */
    private static int server(Socket client) throws IOException {
        int server = client.getInputStream().read();
        assertEquals(42, TestClient.echo(client, new byte[] {42})[0]);
        return server;
    }

    private static void count(Map<Integer, Integer> counts, int server) {
        counts.merge(server, 1, Integer::sum);
    }

    /** Sessions one after the other, by who served them. */
    private static Map<Integer, Integer> inTurn(SluiceProcess sluice, int sessions) throws IOException {
        Map<Integer, Integer> counts = new TreeMap<>();
        for (int i = 0; i < sessions; i++) {
            try (Socket client = TestClient.connect(sluice.port())) {
                count(counts, server(client));
            }
        }
        return counts;
    }

    /** Opens sessions that stay, and counts them by who serves them. */
    private static Map<Integer, Integer> atOnce(SluiceProcess sluice, int sessions, Connections<Socket> open)
            throws IOException {
        Map<Integer, Integer> counts = new TreeMap<>();
        for (int i = 0; i < sessions; i++) {
            count(counts, server(open.add(TestClient.connect(sluice.port()))));
        }
        return counts;
    }

    @Test
    void roundRobinGoesRoundByWeight() throws Exception {
        try (SluiceProcess sluice = proxy("round-robin")) {
            for (int i = 0; i < 10; i++) {
                assertEquals(Map.of(0, 3, 1, 2, 2, 1), inTurn(sluice, 6));
            }
        }
    }

    @Test
    void leastSessionsKeepsThemInProportion() throws Exception {
        try (SluiceProcess sluice = proxy("least-sessions");
                Connections<Socket> open = new Connections<>()) {
            assertEquals(Map.of(0, 30, 1, 20, 2, 10), atOnce(sluice, 60, open));
        }
    }

    /** The sessions of one server end, and it alone gets new ones, until it has as many for its weight as the others. */
    @Test
    void leastSessionsGoesToWhoeverLosesThem() throws Exception {
        try (SluiceProcess sluice = proxy("least-sessions");
                Connections<Socket> open = new Connections<>()) {
            List<Socket> ended = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                Socket client = open.add(TestClient.connect(sluice.port()));
                if (server(client) == 1) {
                    ended.add(client);
                }
            }
            for (Socket client : ended) {
                client.shutdownOutput();
                assertTrue(TestClient.receive(client).clean());
            }
            assertEquals(Map.of(1, 15), atOnce(sluice, 15, open));
        }
    }

    @Test
    void randomTwoIsByWeightAndNearlyEven() throws Exception {
        try (SluiceProcess sluice = proxy("random-two");
                Connections<Socket> open = new Connections<>()) {
            Map<Integer, Integer> counts = atOnce(sluice, 360, open);
            for (int i = 0; i < WEIGHTS.size(); i++) {
                // A mere draw would miss this more often than not.
                assertEquals(60.0 * WEIGHTS.get(i), counts.getOrDefault(i, 0), 6, counts::toString);
            }
        }
    }

    /** Who serves each of many clients, each with an address of its own. */
    private static List<Integer> byClient(SluiceProcess sluice) throws IOException {
        List<Integer> chosen = new ArrayList<>();
        InetSocketAddress proxy = new InetSocketAddress(InetAddress.getLoopbackAddress(), sluice.port());
        for (int i = 0; i < CLIENTS; i++) {
            try (Socket client = new Socket()) {
                client.bind(new InetSocketAddress("127.1." + i / 100 + "." + (1 + i % 100), 0));
                client.connect(proxy);
                client.setSoTimeout((int) SluiceProcess.PATIENCE.toMillis());
                chosen.add(server(client));
            }
        }
        return chosen;
    }

    @Test
    void sourceHashIsByWeight() throws Exception {
        try (SluiceProcess sluice = proxy("source-hash")) {
            Map<Integer, Integer> counts = new TreeMap<>();
            byClient(sluice).forEach(server -> count(counts, server));
            for (int i = 0; i < WEIGHTS.size(); i++) {
                // Far more than chance takes or gives: the servers' ports are others each time.
                assertEquals(CLIENTS / 6.0 * WEIGHTS.get(i), counts.getOrDefault(i, 0), 45, counts::toString);
            }
        }
    }

    /** The same client to the same server, on every instance; and when one of five servers goes, only its clients move. */
    @Test
    void sourceHashMovesOnlyTheClientsOfAServerThatGoes() throws Exception {
        start(5);
        List<Integer> all = IntStream.range(0, 5).boxed().toList();
        List<Integer> equal = List.of(1, 1, 1, 1, 1);
        Path file = configure("source-hash", all, equal);
        try (SluiceProcess sluice = SluiceProcess.run("-c", file.toString())) {
            List<Integer> before = byClient(sluice);
            assertEquals(before, byClient(sluice));
            configure("source-hash", List.of(4, 2, 1, 0, 3), equal);
            try (SluiceProcess another = SluiceProcess.run("-c", file.toString())) {
                assertEquals(before, byClient(another));
            }
            configure("source-hash", List.of(0, 1, 3, 4), equal);
            sluice.signal("HUP");
            sluice.awaitStderr("an outcome", line -> line.startsWith("sluice: reloaded "));
            List<Integer> after = byClient(sluice);
            Map<Integer, Integer> moved = new TreeMap<>();
            for (int i = 0; i < CLIENTS; i++) {
                if (before.get(i) == 2) {
                    count(moved, after.get(i));
                } else {
                    assertEquals(before.get(i), after.get(i), "client " + i);
                }
            }
            assertEquals(List.of(0, 1, 3, 4), List.copyOf(moved.keySet()), "spread over all the others");
        }
    }
}
