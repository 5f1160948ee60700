package dev.sluice.cli.bench;

import dev.sluice.cli.bench.lab.Child;
import dev.sluice.cli.bench.lab.Lab;
import dev.sluice.cli.bench.lab.Role;
import dev.sluice.cli.bench.load.ServerCommand;
import dev.sluice.linux.Address;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The server, and before it one process for each relay. */
final class Targets {
    private static final long PATIENCE_MILLIS = 30_000;
    private static final String LISTENING = "listening on ";

    private final Plan plan;
    private final Lab lab;
    private final String server;
    private List<Long> serverPids = List.of();
    private final Map<Row, Child> starting = new HashMap<>();

    /** Starts all, and waits for the server only. */
    Targets(Plan plan, Lab lab) throws InterruptedException {
        this.plan = plan;
        this.lab = lab;
        this.server = plan.server() == null ? startServer() : literal(plan.server());
        for (Row row : plan.rows()) {
            if (row instanceof Row.Relay relay) {
                starting.put(row, start(relay));
            }
        }
    }

    /** An address as our own calls read it. */
    static String literal(InetSocketAddress address) {
        return Address.of(address.getAddress(), address.getPort()).toString();
    }

    /** Where the server is, a literal. */
    String server() {
        return server;
    }

    /** The server's process; none when it is on another host. */
    List<Long> serverPids() {
        return serverPids;
    }

    private String startServer() throws InterruptedException {
        Child child = lab.start(
                "the load's server",
                Role.SERVER,
                List.of("bench", "server", "--until-eof", "--listen", lab.host(Role.SERVER) + ":" + plan.serverPort()));
        serverPids = List.of(child.pid());
        String line = child.awaitWords(ServerCommand.LISTENING, PATIENCE_MILLIS);
        return line.substring(line.indexOf(ServerCommand.LISTENING) + ServerCommand.LISTENING.length());
    }

    /** One more process of a relay; {@link #await} tells where it listens. */
    Child start(Row.Relay relay) {
        List<String> words = new ArrayList<>(List.of(
                "run",
                "--listen",
                lab.host(Role.PROXY) + ":0",
                "--to",
                server,
                "--relay",
                relay.mode().toString()));
        words.addAll(plan.proxyFlags());
        return lab.start("'sluice run --relay " + relay.mode() + "'", Role.PROXY, words);
    }

    Target await(Row row, Child child) throws InterruptedException {
        String line = child.awaitWords(LISTENING, PATIENCE_MILLIS);
        String address = line.substring(line.indexOf(LISTENING) + LISTENING.length());
        return new Target(row, address.substring(0, address.indexOf(' ')), List.of(child.pid()));
    }

    /** A row, when it is up. */
    Target of(Row row) throws InterruptedException {
        return switch (row) {
            case Row.Direct direct -> new Target(direct, server, List.of());
            case Row.External external -> new Target(external, literal(external.address()), external.pids());
            case Row.Relay relay -> {
                Child child = starting.get(relay);
                if (child == null) {
                    throw new IllegalArgumentException("no row of the plan: " + relay);
                }
                yield await(relay, child);
            }
        };
    }
}
