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

    /** Makes the files of one without any data, where everybody may log in as this user. */
    static void install(Path folder, String user) throws IOException, InterruptedException {
        String install = Machine.needs("mariadb-install-db", "mariadb-server").toString();
        Script.Result installed = Script.run(
                folder,
                new ProcessBuilder(unprivileged(
                        install, "--no-defaults", data(folder), "--auth-root-authentication-method=normal")));
        assertEquals(0, installed.code(), installed::toString);
        Files.writeString(users(folder), "CREATE USER IF NOT EXISTS '" + user + "'@'%';\n");
    }

    /** Starts what was installed there, and waits until it accepts connections. */
    static Daemon start(Path folder, InetSocketAddress address) throws IOException {
        String server = Machine.needs("mariadbd", "mariadb-server").toString();
        return Daemon.start(
                folder,
                address,
                unprivileged(
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
