package dev.sluice.tests.operation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.tests.operation.DnsServer.Query;
import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Payload;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import dev.sluice.tests.testkit.Workers;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The system's DNS server changes its mind, lies, breaks, dies and comes back, and clients hear nothing of that. */
@Timeout(120)
class NamesTest {
    private static final String DNS = "127.0.0.77";
    private static final String FIRST = "127.0.0.2";
    private static final String SECOND = "127.0.0.3";
    /** Which only a liar names. */
    private static final String WRONG = "127.0.0.4";

    private static final String NOBODY = "127.0.0.5";

    private static final byte[] MESSAGE = Payload.bytes(41, 100);
    private static final int CLIENTS = 3;
    /** Of a client between two connections, whose ports nobody else can have for a minute. */
    private static final long PAUSE_MILLIS = 4;
    /** Queries of one lookup: for IPv4 and for IPv6. */
    private static final int LOOKUP = 2;

    @TempDir
    private Path folder;

    private final int port = Machine.freePort();
    private final AtomicBoolean over = new AtomicBoolean();
    private final List<Backend> servers = new ArrayList<>();
    private Backend first = Backend.echo(FIRST, port);
    private Backend second = Backend.echo(SECOND, port);
    private Backend wrong = Backend.echo(WRONG, port);

    @BeforeEach
    void look() throws Exception {
        servers.addAll(List.of(first, second, wrong));
        assumeTrue(canServe(), "needs port 53 of " + DNS + " (as root)");
        assumeTrue(
                new ProcessBuilder(seeing("true")).start().waitFor() == 0,
                "needs the right to mount (CAP_SYS_ADMIN), for a resolv.conf of its own");
    }

    @AfterEach
    void stop() {
        servers.forEach(Backend::close);
    }

    private static boolean canServe() throws IOException {
        try {
            DnsServer.start(DNS, address(FIRST)).close();
            return true;
        } catch (SocketException taken) {
            return false;
        }
    }

    /** A command that sees a resolv.conf with the test's server. */
    private List<String> seeing(String... command) throws IOException {
        Path file = Files.writeString(folder.resolve("resolv.conf"), "nameserver " + DNS + "\n");
        List<String> words = new ArrayList<>(List.of(
                Machine.needs("unshare", "util-linux").toString(),
                "--mount",
                "sh",
                "-c",
                "mount --bind '" + file + "' /etc/resolv.conf && exec \"$@\"",
                "sh"));
        words.addAll(List.of(command));
        return words;
    }

    private SluiceProcess proxy() throws IOException {
        return SluiceProcess.runUnder(
                seeing(), Map.of(), "--listen", "127.0.0.1:0", "--to", "db.example:" + port, "--threads", "2");
    }

    private static DnsServer.Script address(String... addresses) {
        return query -> query.send(query.reply(DnsServer.NO_ERROR, addresses));
    }

    private void exchange(SluiceProcess sluice) throws IOException {
        try (Socket client = TestClient.connect(sluice.port())) {
            assertArrayEquals(MESSAGE, TestClient.echo(client, MESSAGE));
        }
    }

    private void client(SluiceProcess sluice) throws IOException, InterruptedException {
        while (!over.get()) {
            exchange(sluice);
            Thread.sleep(PAUSE_MILLIS);
        }
    }

    /** New sessions come to this server alone. */
    private static void awaitOnly(Backend server, Backend other) throws Exception {
        Eventually.holds("only one of them is used", () -> {
            int before = server.accepted();
            int others = other.accepted();
            Thread.sleep(100);
            return server.accepted() > before + CLIENTS && other.accepted() == others;
        });
    }

    /** Says that for so many queries. */
    private static void says(DnsServer dns, int queries, DnsServer.Script script) throws Exception {
        List<Query> asked = Collections.synchronizedList(new ArrayList<>());
        dns.says(query -> {
            asked.add(query);
            script.answer(query);
        });
        Eventually.holds("it asks", () -> asked.size() >= queries);
    }

    @Test
    void answersChangeAndLieAndBreakUnderLoad() throws Exception {
        try (DnsServer dns = DnsServer.start(DNS, address(FIRST));
                Workers workers = new Workers();
                SluiceProcess sluice = proxy();
                Socket old = TestClient.connect(sluice.port())) {
            assertArrayEquals(MESSAGE, TestClient.echo(old, MESSAGE));
            List<Future<?>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(workers.run(() -> client(sluice)));
            }
            awaitOnly(first, second);
            dns.says(address(SECOND));
            awaitOnly(second, first);

            // Somebody else is faster than the server.
            says(dns, LOOKUP, query -> {
                query.send(query.replyToAnother(WRONG));
                query.send(new byte[] {1, 2, 3});
                query.send(query.reply(DnsServer.NO_ERROR, SECOND));
            });
            // What is cut short is not to be believed, but asked for again over TCP.
            says(
                    dns,
                    2 * LOOKUP,
                    query -> query.send(
                            query.isTcp() ? query.reply(DnsServer.NO_ERROR, FIRST) : query.truncated(WRONG)));
            awaitOnly(first, second);
            says(dns, LOOKUP, query -> query.send(Arrays.copyOf(query.reply(DnsServer.NO_ERROR, WRONG), 20)));
            says(dns, LOOKUP, address(FIRST));
            says(dns, LOOKUP, query -> query.send(query.reply(DnsServer.NO_SUCH_NAME)));
            awaitOnly(first, second);
            // Of two addresses, nobody is at one.
            dns.says(address(NOBODY, SECOND));
            awaitOnly(second, first);

            assertArrayEquals(MESSAGE, TestClient.echo(old, MESSAGE));
            over.set(true);
            Workers.awaitAll(clients, SluiceProcess.PATIENCE);
            assertEquals(0, wrong.accepted());
        }
    }

    @Test
    void theServerComesLateAndDiesAndComesBack() throws Exception {
        try (SluiceProcess sluice = proxy()) {
            sluice.awaitStderr("that it does not resolve", line -> line.contains("db.example"));
            try (Socket client = TestClient.connect(sluice.port())) {
                assertEquals(0, TestClient.receive(client).bytes().length);
            }
            try (Workers workers = new Workers()) {
                List<Future<?>> clients = new ArrayList<>();
                try (DnsServer dns = DnsServer.start(DNS, address(FIRST))) {
                    says(dns, LOOKUP, address(FIRST));
                    Eventually.holds("it resolves", () -> {
                        try (Socket client = TestClient.connect(sluice.port())) {
                            client.getOutputStream().write(1);
                            return client.getInputStream().read() == 1;
                        } catch (IOException reset) {
                            return false;
                        }
                    });
                    for (int i = 0; i < CLIENTS; i++) {
                        clients.add(workers.run(() -> client(sluice)));
                    }
                }
                awaitOnly(first, second); // for longer than the answer was good
                Thread.sleep(1500);
                awaitOnly(first, second);
                try (DnsServer dns = DnsServer.start(DNS, address(SECOND))) {
                    says(dns, LOOKUP, address(SECOND));
                    awaitOnly(second, first);
                }
                over.set(true);
                Workers.awaitAll(clients, SluiceProcess.PATIENCE);
            }
            assertTrue(sluice.isRunning());
            assertEquals(0, sluice.terminate(), sluice::toString);
        }
    }
}
