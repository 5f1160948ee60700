package dev.sluice.cli.bench.lab;

import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.text.OneLine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Three hosts on one machine, as network namespaces (ip-netns(8)), joined by veth(4):
 *
 * <pre>
 * client 10.77.1.1 ── 10.77.1.2 proxy 10.77.2.1 ── 10.77.2.2 server
 * </pre>
 *
 * The middle one forwards packets, too, so that the client reaches the server without a proxy. Names carry the pid: two
 * benchmarks do not meet.
 */
final class Namespaces implements AutoCloseable {
    static final String PROXY = "10.77.1.2";
    static final String SERVER = "10.77.2.2";
    private static final int CAP_NET_ADMIN = 12;
    private static final int CAP_SYS_ADMIN = 21;
    private static final long PATIENCE_S = 10;

    private final String client;
    private final String proxy;
    private final String server;
    private final List<String> made = new ArrayList<>();

    /**
     * Makes them.
     *
     * @param mtu of the links, bytes
     * @param congestion the congestion control of all three; null: the machine's
     * @throws CommandFailure when that is not possible; nothing of them is left then
     */
    Namespaces(long id, int mtu, @Nullable String congestion) {
        this.client = "sluice-" + id + "-client";
        this.proxy = "sluice-" + id + "-proxy";
        this.server = "sluice-" + id + "-server";
        try {
            for (String name : List.of(client, proxy, server)) {
                made.add(name); // first: an interrupt may come while ip does its work
                ip("netns add " + name);
                ip("-n " + name + " link set lo up");
            }
            link(client, "10.77.1.1", proxy, PROXY, "a", mtu);
            link(server, SERVER, proxy, "10.77.2.1", "b", mtu);
            ip("-n " + client + " route add default via " + PROXY);
            ip("-n " + server + " route add default via 10.77.2.1");
            setting(proxy, "net/ipv4/ip_forward", "1");
            for (String name : made) {
                if (congestion != null) {
                    setting(name, "net/ipv4/tcp_congestion_control", congestion);
                }
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Whether the capabilities of this process allow it (capabilities(7)). */
    static boolean allowed(long capabilities) {
        return (capabilities >>> CAP_NET_ADMIN & 1) == 1 && (capabilities >>> CAP_SYS_ADMIN & 1) == 1;
    }

    private static void link(String left, String leftAddress, String right, String rightAddress, String veth, int mtu) {
        ip("link add veth-" + veth + " mtu " + mtu + " netns " + left + " type veth peer name peer-" + veth + " mtu "
                + mtu + " netns " + right);
        ip("-n " + left + " addr add " + leftAddress + "/24 dev veth-" + veth);
        ip("-n " + right + " addr add " + rightAddress + "/24 dev peer-" + veth);
        ip("-n " + left + " link set veth-" + veth + " up");
        ip("-n " + right + " link set peer-" + veth + " up");
    }

    private static void setting(String namespace, String name, String value) {
        run(List.of("ip", "netns", "exec", namespace, "sh", "-c", "echo " + value + " > /proc/sys/" + name));
    }

    private static void ip(String words) {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(words.split(" ", -1)));
        run(command);
    }

    private static String run(List<String> command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (!process.waitFor(PATIENCE_S, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new CommandFailure("'" + String.join(" ", command) + "' failed: " + OneLine.of(said));
            }
            return said;
        } catch (IOException e) {
            throw new CommandFailure("cannot make network namespaces: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted");
        }
    }

    /** The words before a command that is to run on one of the hosts. */
    List<String> prefix(Role role) {
        String name = Map.of(Role.CLIENT, client, Role.PROXY, proxy, Role.SERVER, server)
                .get(role);
        return List.of("ip", "netns", "exec", String.valueOf(name));
    }

    /** The congestion control that the proxy's host has. */
    String congestion() {
        List<String> command = new ArrayList<>(prefix(Role.PROXY));
        command.addAll(List.of("cat", "/proc/sys/net/ipv4/tcp_congestion_control"));
        return run(command);
    }

    @Override
    public void close() {
        boolean interrupted = Thread.interrupted(); // they go, whatever happens
        for (String name : List.copyOf(made)) {
            try {
                ip("netns del " + name);
                made.remove(name);
            } catch (CommandFailure e) {
                // The others go, too.
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
