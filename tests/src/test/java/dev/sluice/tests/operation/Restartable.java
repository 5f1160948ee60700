package dev.sluice.tests.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Daemon;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Script;
import dev.sluice.tests.testkit.TestClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** A database that runs, is killed and started again with what it had, and what a client of it does. */
interface Restartable extends AutoCloseable {
    void kill() throws Exception;

    /** Returns when it accepts connections. */
    void startAgain() throws Exception;

    /**
     * Connects, asks something, hears the answer, and leaves; fails when any of that does.
     *
     * @param client a number that no client has at the same time
     */
    void exchange(int client, int port) throws Exception;

    /** Ends it. */
    @Override
    void close();

    /** One that needs no more than to be started. */
    abstract class Simple implements Restartable {
        private Daemon daemon;

        Simple(Daemon daemon) {
            this.daemon = daemon;
        }

        abstract Daemon start() throws IOException;

        @Override
        public void kill() throws InterruptedException {
            daemon.kill();
        }

        @Override
        public void startAgain() throws IOException {
            daemon = start();
        }

        @Override
        public void close() {
            daemon.close();
        }
    }

    static Restartable redis(Path folder, InetSocketAddress address) throws IOException {
        return new Simple(Redis.start(folder, address)) {
            @Override
            Daemon start() throws IOException {
                return Redis.start(folder, address);
            }

            @Override
            public void exchange(int client, int port) throws IOException {
                try (Socket socket = TestClient.connect(port)) {
                    socket.getOutputStream().write("PING\r\nQUIT\r\n".getBytes(StandardCharsets.US_ASCII));
                    TestClient.Received received = TestClient.receive(socket);
                    assertEquals("+PONG\r\n+OK\r\n", new String(received.bytes(), StandardCharsets.US_ASCII));
                    assertTrue(received.clean(), "a reset");
                }
            }
        };
    }

    static Restartable postgresql(Path folder, InetSocketAddress address) throws Exception {
        PostgresNode node = PostgresNode.primary(folder, address.getHostString(), address.getPort());
        return new Restartable() {
            @Override
            public void kill() throws Exception {
                node.kill();
            }

            @Override
            public void startAgain() throws Exception {
                node.start();
            }

            @Override
            public void exchange(int client, int port) throws SQLException {
                try (Connection session = PostgresNode.connect("127.0.0.1:" + port)) {
                    assertEquals(node.host(), PostgresNode.query(session, "SELECT host(inet_server_addr())"));
                }
            }

            @Override
            public void close() {
                node.close();
            }
        };
    }

    /** As this user anybody may log in. */
    static Restartable mariadb(Path folder, InetSocketAddress address, String user) throws Exception {
        String program = Machine.needs("mariadb", "mariadb-client").toString();
        return new Simple(MariaDb.start(folder, address, user)) {
            @Override
            Daemon start() throws IOException {
                return MariaDb.startAgain(folder, address, List.of());
            }

            @Override
            public void exchange(int client, int port) throws IOException, InterruptedException {
                ProcessBuilder command = new ProcessBuilder(
                        program,
                        "--no-defaults",
                        "--protocol=tcp",
                        "--host=127.0.0.1",
                        "--port=" + port,
                        "--user=" + user,
                        "--skip-column-names",
                        "--batch",
                        "--execute=SELECT @@bind_address");
                Script.Result result = Script.run(Files.createDirectories(folder.resolve("client" + client)), command);
                assertEquals(address.getHostString() + "\n", result.out(), result::toString);
            }
        };
    }
}
