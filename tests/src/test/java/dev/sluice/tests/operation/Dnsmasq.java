package dev.sluice.tests.operation;

import dev.sluice.tests.testkit.Daemon;
import dev.sluice.tests.testkit.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A name server that others wrote, of the domain {@code example}. It has no way to go over to other records but a new start. */
final class Dnsmasq {
    private Dnsmasq() {}

    /**
     * Starts one on a port of 127.0.0.1, and waits until it serves. Without the program, the test is skipped.
     *
     * @param hosts what a file of hosts has
     * @param services as {@code --srv-host} has them: {@code name,target,port,priority,weight}
     */
    static Daemon start(Path folder, int port, String hosts, String... services) throws IOException {
        Path program = Machine.needs("dnsmasq", "dnsmasq-base");
        Path file = Files.writeString(folder.resolve("hosts-" + port), hosts);
        List<String> command = new ArrayList<>(List.of(
                program.toString(),
                "--keep-in-foreground",
                "--no-daemon",
                "--conf-file=/dev/null",
                "--pid-file",
                "--user=" + System.getProperty("user.name"),
                "--no-resolv",
                "--no-hosts",
                "--local=/example/",
                "--listen-address=127.0.0.1",
                "--bind-interfaces",
                "--port=" + port,
                "--addn-hosts=" + file,
                "--local-ttl=1"));
        for (String service : services) {
            command.add("--srv-host=" + service);
        }
        return Daemon.start(folder, port, command);
    }
}
