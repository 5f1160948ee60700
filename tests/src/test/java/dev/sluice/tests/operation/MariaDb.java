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
        return start(folder, address, "CREATE USER IF NOT EXISTS '" + user + "'@'%';\n", List.of());
    }

    /**
     * The same with other users and further options.
     *
     * @param users the statements that make them
     */
    static Daemon start(Path folder, InetSocketAddress address, String users, List<String> options)
            throws IOException, InterruptedException {
        String install = Machine.needs("mariadb-install-db", "mariadb-server").toString();
        Script.Result installed = Script.run(
                folder,
                new ProcessBuilder(unprivileged(
                        install, "--no-defaults", data(folder), "--auth-root-authentication-method=normal")));
        assertEquals(0, installed.code(), installed::toString);
        Files.writeString(users(folder), users);
        return startAgain(folder, address, options);
    }

    /** Starts one that has run in this folder, with the data and the users that it had. */
    static Daemon startAgain(Path folder, InetSocketAddress address, List<String> options) throws IOException {
        String server = Machine.needs("mariadbd", "mariadb-server").toString();
        List<String> command = new ArrayList<>(unprivileged(
                server,
                "--no-defaults",
                data(folder),
                "--init-file=" + users(folder),
                "--socket=" + folder.resolve("socket"),
                "--pid-file=" + folder.resolve("pid"),
                "--bind-address=" + address.getHostString(),
                "--port=" + address.getPort(),
                "--skip-name-resolve",
                "--innodb-flush-log-at-trx-commit=0"));
        command.addAll(options);
        return Daemon.start(folder, address, command);
    }

    private static String data(Path folder) {
        return "--datadir=" + folder.resolve("data");
    }

    private static Path users(Path folder) {
        return folder.resolve("users.sql");
    }

    private static List<String> unprivileged(String... words) {
        List<String> command = new ArrayList<>(Machine.unprivileged());
        command.addAll(List.of(words));
        return command;
    }
}
