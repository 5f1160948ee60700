package dev.sluice.cli.bench.lab;

import dev.sluice.cli.machine.MachineFacts;
import dev.sluice.cli.machine.Proc;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The processes of one benchmark, and the network between them. Closing it ends all processes, and then removes the network. */
public final class Lab implements AutoCloseable {
    private static final String LOOPBACK = "127.0.0.1";

    private final Pinning pinning;
    private final @Nullable Namespaces namespaces;
    private final List<Child> children = new ArrayList<>();

    /**
     * What kind of network it is to be.
     *
     * @param namespaces three network namespaces, rather than loopback
     * @param mtu of their links, bytes
     * @param congestion their congestion control; null: the machine's
     */
    public record Network(
            boolean namespaces, int mtu, @Nullable String congestion) {}

    /**
     * Makes the network.
     *
     * @throws dev.sluice.cli.common.CommandFailure when it cannot be made
     */
    public Lab(Network network, Pinning pinning) {
        this.pinning = pinning;
        this.namespaces = network.namespaces()
                ? new Namespaces(ProcessHandle.current().pid(), network.mtu(), network.congestion())
                : null;
    }

    /** Whether this process may make network namespaces. */
    public static boolean canHaveNamespaces() {
        return Namespaces.allowed(Proc.REAL.capabilities());
    }

    /** The address of a part's host, without a port. */
    public String host(Role role) {
        if (namespaces == null) {
            return LOOPBACK;
        }
        return role == Role.SERVER ? Namespaces.SERVER : Namespaces.PROXY;
    }

    /** The congestion control that the kernel has there. */
    public String congestion() {
        return namespaces != null
                ? namespaces.congestion()
                : MachineFacts.here().congestion();
    }

    /**
     * Starts this program with other words.
     *
     * @param name for messages
     * @param role where it runs
     */
    public Child start(String name, Role role, List<String> words) {
        int cpu = switch (role) {
            case CLIENT -> pinning.client();
            case PROXY -> pinning.subject();
            case SERVER -> pinning.server();
        };
        Child child = Child.start(name, namespaces == null ? List.of() : namespaces.prefix(role), cpu, words);
        children.add(child);
        return child;
    }

    /** Whether the load's client and its server have one CPU between them. */
    public boolean loadSharesCpu() {
        return pinning.isOn() && pinning.client() == pinning.server();
    }

    /** Ends one of the processes before its time. */
    public void end(Child child) {
        child.close();
        children.remove(child);
    }

    /** The processes that there are. */
    public List<Child> children() {
        return List.copyOf(children);
    }

    @Override
    public void close() {
        boolean interrupted = Thread.interrupted(); // or nobody would be waited for
        try {
            children.reversed().forEach(Child::close);
        } finally {
            if (namespaces != null) {
                namespaces.close();
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
