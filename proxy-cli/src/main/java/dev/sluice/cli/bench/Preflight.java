package dev.sluice.cli.bench;

import dev.sluice.cli.bench.lab.Lab;
import dev.sluice.cli.bench.load.Kind;
import dev.sluice.cli.bench.result.Case;
import dev.sluice.cli.bench.watch.Owners;
import dev.sluice.cli.machine.Proc;
import dev.sluice.cli.text.Units;
import dev.sluice.proxy.config.EndpointAddress;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** From options to a plan that can be carried out: whatever is in its way is found here, before anything is started. */
final class Preflight {
    static final int EXTERNAL_SERVER_PORT = 7190;
    private static final int DEFAULT_MTU = 1500;
    private static final int PATIENCE_MILLIS = 2_000;
    private static final String STRANGER = "what listens there does not answer as a bench server";
    private static final long SPARE_DESCRIPTORS = 200;
    private static final int CONNECTIONS = 32;
    private static final int MIXED_CONNECTIONS = 16;
    private static final List<Integer> SIZES = List.of(128, 64 << 10);
    private static final List<Integer> MIXED_SIZES = List.of(128);
    private static final List<Integer> SWEEP_SIZES = List.of(
            64, 256, 1 << 10, 2 << 10, 4 << 10, 8 << 10, 16 << 10, 32 << 10, 64 << 10, 128 << 10, 256 << 10, 1 << 20);

    private final BenchOptions options;
    private final long fileLimit;
    private final boolean namespaces;

    /**
     * A check of some options.
     *
     * @param fileLimit descriptors that a process may have
     * @param namespaces whether this process may make network namespaces
     */
    Preflight(BenchOptions options, long fileLimit, boolean namespaces) {
        this.options = options;
        this.fileLimit = fileLimit;
        this.namespaces = namespaces;
    }

    /**
     * The plan.
     *
     * @throws IllegalArgumentException with one line that says what is in the way
     */
    Plan plan() {
        contradictions();
        Plan plan = new Plan(
                cases(),
                rows(),
                StopRule.of(options),
                options.maxTime,
                options.window,
                options.warmUp,
                new Lab.Network(options.netns, options.mtu == null ? DEFAULT_MTU : options.mtu, options.congestion),
                !options.noPin,
                options.server == null ? null : resolve("--server", options.server),
                serverPort(),
                options.proxyFlags());
        Duration time = plan.estimate();
        if (time.compareTo(options.maxTime) > 0) {
            throw new IllegalArgumentException("this would take about " + rounded(time) + ", and --max-time is "
                    + Units.format(options.maxTime) + ": raise it, or take fewer rounds, rows or sizes");
        }
        network(plan);
        return plan;
    }

    /** To whole seconds, and above ten minutes to whole minutes. */
    static String rounded(Duration time) {
        long seconds = Math.max(1, time.toSeconds());
        if (seconds >= 600) {
            long minutes = seconds / 60;
            return minutes < 60 ? minutes + " min" : minutes / 60 + " h " + minutes % 60 + " min";
        }
        return seconds < 60 ? seconds + " s" : seconds / 60 + " min " + seconds % 60 + " s";
    }

    private void contradictions() {
        refuse(options.sweep && options.workloads != null, "--sweep brings its own --workload");
        refuse(options.netns && options.server != null, "--netns has its own server: not with --server");
        refuse(options.netns && options.against != null, "--against cannot be reached from within --netns");
        refuse(
                options.server != null && options.serverPort != null,
                "--server-port is of a server here, not of --server");
        refuse(
                options.busyPoll.auto() && !options.noPin,
                "--busy-poll auto never spins on one CPU, to which each proxy is pinned: add --no-pin, or give a time");
        refuse(!options.netns && options.mtu != null, "--mtu is of --netns");
        refuse(!options.netns && options.congestion != null, "--congestion is of --netns");
        refuse(
                options.rate > 0
                        && cases().stream().noneMatch(c -> c.operation().equals("request")),
                "--rate is of pings and mixed");
        if (options.netns) {
            refuse(!namespaces, "--netns needs root (CAP_SYS_ADMIN and CAP_NET_ADMIN)");
            refuse(!onPath("ip"), "--netns needs the program ip (Debian package iproute2)");
            String known = Proc.REAL.text("sys/net/ipv4/tcp_available_congestion_control");
            refuse(
                    options.congestion != null
                            && known != null
                            && !List.of(known.split(" ", -1)).contains(options.congestion),
                    "--congestion " + options.congestion + " is none of this kernel's: " + known);
        }
        long most = cases().stream()
                .mapToLong(c -> c.connections() + c.streams())
                .max()
                .orElse(0);
        refuse(
                2 * most + SPARE_DESCRIPTORS > fileLimit,
                most + " connections need " + (2 * most + SPARE_DESCRIPTORS)
                        + " descriptors in the proxy, and the hard limit is " + fileLimit + " (ulimit -Hn)");
    }

    private static void refuse(boolean wrong, String why) {
        if (wrong) {
            throw new IllegalArgumentException(why);
        }
    }

    private static boolean onPath(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
                .filter(folder -> !folder.isEmpty())
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private List<Case> cases() {
        List<Kind> kinds = options.workloads != null
                ? options.workloads
                : options.sweep ? List.of(Kind.PING) : List.of(Kind.BULK_DOWN, Kind.PING, Kind.CHURN);
        List<Integer> sizes = options.sizes != null ? options.sizes : options.sweep ? SWEEP_SIZES : SIZES;
        List<Case> cases = new ArrayList<>();
        for (Kind kind : new ArrayList<>(new java.util.LinkedHashSet<>(kinds))) {
            switch (kind) {
                case BULK_DOWN, BULK_UP, BULK_BOTH -> cases.add(new Case(kind, options.streams, 0, 0));
                case PING ->
                    sizes.stream()
                            .distinct()
                            .forEach(size -> cases.add(new Case(kind, connections(CONNECTIONS), size, options.rate)));
                case MIXED ->
                    (options.sizes == null ? MIXED_SIZES : options.sizes)
                            .stream().distinct().forEach(size -> cases.add(mixed(size)));
                case CHURN -> cases.add(new Case(kind, connections(CONNECTIONS), 0, 0));
                case IDLE -> cases.add(new Case(kind, options.sessions, 0, 0));
            }
        }
        return cases;
    }

    private Case mixed(int size) {
        return new Case(Kind.MIXED, connections(MIXED_CONNECTIONS), options.streams, size, options.rate);
    }

    private int connections(int usual) {
        return options.connections == null ? usual : options.connections;
    }

    private List<Row> rows() {
        List<Row> rows = new ArrayList<>(options.rows != null ? options.rows : Row.own());
        if (options.sweep && options.rows == null) {
            rows.removeIf(Row.Direct.class::isInstance);
        }
        Set<String> names = new HashSet<>();
        rows.removeIf(row -> !names.add(row.name()));
        Row.own().forEach(row -> names.add(row.name()));
        for (String text : options.against == null ? List.<String>of() : options.against) {
            Row.External external = external(text);
            refuse(
                    !names.add(external.name()),
                    "--against " + text + ": there is a row '" + external.name() + "' already");
            rows.add(external);
        }
        return rows;
    }

    private static Row.External external(String text) {
        int equals = text.indexOf('=');
        refuse(
                equals < 1 || equals == text.length() - 1,
                "--against '" + text + "' is not HOST:PORT=NAME or HOST:PORT=NAME:PID");
        String name = text.substring(equals + 1);
        InetSocketAddress address = resolve("--against", text.substring(0, equals));
        List<Long> pids;
        int colon = name.lastIndexOf(':');
        if (colon >= 0) {
            String pid = name.substring(colon + 1);
            name = name.substring(0, colon);
            refuse(
                    name.isEmpty() || !pid.matches("[0-9]{1,9}") || !Files.isDirectory(Path.of("/proc", pid)),
                    "--against '" + text + "': there is no process '" + pid + "'");
            pids = List.of(Long.parseLong(pid));
        } else {
            pids = isHere(address) ? new Owners(Proc.REAL).of(address) : List.of();
        }
        return new Row.External(name, text.substring(0, equals), address, pids);
    }

    private static boolean isHere(InetSocketAddress address) {
        try {
            return address.getAddress().isLoopbackAddress()
                    || java.net.NetworkInterface.getByInetAddress(address.getAddress()) != null;
        } catch (IOException e) {
            return false;
        }
    }

    private int serverPort() {
        if (options.serverPort != null) {
            return options.serverPort;
        }
        return options.against != null && options.server == null ? EXTERNAL_SERVER_PORT : 0;
    }

    private static InetSocketAddress resolve(String option, String text) {
        InetSocketAddress address = EndpointAddress.parse(text) instanceof EndpointAddress.Tcp tcp
                ? new InetSocketAddress(tcp.host(), tcp.port())
                : null;
        refuse(address == null, option + " '" + text + "' is no host and port");
        if (address == null || address.isUnresolved() || address.getPort() == 0) {
            throw new IllegalArgumentException(option + " '" + text + "': there is no such host, or no such port");
        }
        return address;
    }

    /** What should be there is, and the port that we want is free. */
    private static void network(Plan plan) {
        if (plan.server() != null) {
            String answer = answers(plan.server(), true);
            refuse(
                    answer != null,
                    "nobody serves at --server " + Targets.literal(plan.server()) + ": " + answer
                            + " ('sluice bench server' does)");
        }
        for (Row row : plan.rows()) {
            if (row instanceof Row.External external) {
                String answer = answers(external.address(), false);
                refuse(
                        answer != null,
                        "--against " + external.text() + ": " + external.name() + " is not there: " + answer);
            }
        }
        if (plan.serverPort() != 0) {
            try (ServerSocket socket = new ServerSocket(plan.serverPort(), 1, InetAddress.getLoopbackAddress())) {
                socket.getLocalPort();
            } catch (IOException e) {
                throw new IllegalArgumentException(
                        "the port " + plan.serverPort() + " of the bench server is taken (--server-port PORT)");
            }
        }
    }

    /** Why nobody answers there; null when somebody does. */
    private static @Nullable String answers(InetSocketAddress address, boolean echo) {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.connect(address, PATIENCE_MILLIS);
            if (echo) {
                socket.getOutputStream().write('e');
                InputStream in = socket.getInputStream();
                return in.read() == 'e' ? null : STRANGER;
            }
            return null;
        } catch (SocketTimeoutException e) {
            return echo ? STRANGER : "no answer within " + PATIENCE_MILLIS / 1000 + " s";
        } catch (IOException e) {
            return !echo && isReset(e) ? null : String.valueOf(e.getMessage());
        }
    }

    /**
     * A reset is an answer: a proxy whose upstream is our server, which is not there yet, gives it, and may be so quick that
     * connect(2) brings it. Java has no type for it.
     */
    private static boolean isReset(IOException e) {
        return String.valueOf(e.getMessage()).startsWith("Connection reset");
    }
}
