package dev.sluice.tests.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.tests.testkit.Daemon;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Script;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The machine's MariaDB server. */
final class MariaDb {
    private MariaDb() {}

    /** Starts one without any data, where everybody may log in as this user, and waits until it accepts connections. */
    static Daemon start(Path folder, InetSocketAddress address, String user) throws IOException, InterruptedException {
        return start(folder, address, "CREATE USER '" + user + "'@'%';\n", List.of());
    }

    /**
     * The same with other users and further options.
     *
     * @param users the statements that make them
     */
    static Daemon start(Path folder, InetSocketAddress address, String users, List<String> options)
            throws IOException, InterruptedException {
        String install = Machine.needs("mariadb-install-db", "mariadb-server").toString();
        String server = Machine.needs("mariadbd", "mariadb-server").toString();
        String data = "--datadir=" + folder.resolve("data");
        Script.Result installed = Script.run(
                folder,
                new ProcessBuilder(
                        unprivileged(install, "--no-defaults", data, "--auth-root-authentication-method=normal")));
        assertEquals(0, installed.code(), installed::toString);
        Path statements = Files.writeString(folder.resolve("users.sql"), users);
        List<String> command = new ArrayList<>(unprivileged(
                server,
                "--no-defaults",
                data,
                "--init-file=" + statements,
                "--socket=" + folder.resolve("socket"),
                "--pid-file=" + folder.resolve("pid"),
                "--bind-address=" + address.getHostString(),
                "--port=" + address.getPort(),
                "--skip-name-resolve",
                "--innodb-flush-log-at-trx-commit=0"));
        command.addAll(options);
        return Daemon.start(folder, address, command);
    }

    private static List<String> unprivileged(String... words) {
        List<String> command = new ArrayList<>(Machine.unprivileged());
        command.addAll(List.of(words));
        return command;
    }
}
