package dev.sluice.proxy.control;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.listen.ListenSocket;
import dev.sluice.proxy.loop.DescriptorBudget;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The listening sockets, by what they are bound to: a listener that is renamed or gets other settings keeps its socket, and with it
 * every connection in its backlog. On control's thread.
 */
final class ListenSockets {
    /**
     * What makes a socket the one that a listener asks for.
     *
     * @param name of the listener, where the kernel chooses the port: two listeners on port 0 are two sockets; else empty
     */
    private record Bind(Address address, String name) {
        static Bind of(Address address, ListenerConfig listener) {
            boolean anyPort = address.family() != Sockets.AF_UNIX && address.port() == 0;
            return new Bind(address, anyPort ? listener.name() : "");
        }
    }

    private final Kernel kernel;
    private final DescriptorBudget budget;
    private Map<Bind, ListenSocket> open = new HashMap<>();

    ListenSockets(Kernel kernel, DescriptorBudget budget) {
        this.kernel = kernel;
        this.budget = budget;
    }

    /**
     * What a configuration makes of the sockets.
     *
     * @param sockets of each listener, in the order of the configuration
     * @param opened of these, the new ones
     */
    record Change(List<ListenSocket> sockets, List<ListenSocket> opened, Map<Bind, ListenSocket> after) {}

    /**
     * Binds what is new, and changes nothing yet: what comes next is {@link #commit} or {@link #undo}.
     *
     * @throws Refusal when a listener cannot be bound; then nothing is left of it
     */
    Change prepare(Resolved next) throws Refusal {
        Change change = new Change(new ArrayList<>(), new ArrayList<>(), new HashMap<>());
        boolean done = false;
        try {
            List<ListenerConfig> listeners = next.config().listeners();
            for (int i = 0; i < listeners.size(); i++) {
                prepare(change, listeners.get(i), next.binds().get(i));
            }
            done = true;
            return change;
        } catch (IOException e) {
            throw new Refusal(String.valueOf(e.getMessage()));
        } finally {
            if (!done) {
                undo(change);
            }
        }
    }

    private void prepare(Change change, ListenerConfig listener, Address address) throws IOException, Refusal {
        Bind bind = Bind.of(address, listener);
        ListenSocket socket = change.after.containsKey(bind) ? null : open.get(bind);
        if (socket == null) {
            checkFree(address, change);
            socket = bind(address, listener);
            change.opened.add(socket);
        }
        change.after.put(bind, socket);
        change.sockets.add(socket);
    }

    /** The kernel would say that somebody listens there, and not that it is this proxy. */
    private void checkFree(Address address, Change change) throws Refusal {
        for (ListenSocket other : change.sockets) {
            if (other.excludes(address)) {
                throw new Refusal("cannot listen on " + address + " and on " + other.address()
                        + " at once: one of this proxy's listeners needs another address (EADDRINUSE)");
            }
        }
        for (ListenSocket other : open.values()) {
            if (other.excludes(address)) {
                throw new Refusal("cannot listen on " + address + " yet: this proxy listens on " + other.address()
                        + " (EADDRINUSE); apply a configuration without that first");
            }
        }
    }

    /** Closes what was bound for nothing. */
    void undo(Change change) {
        change.opened.forEach(socket -> close(socket, kernel));
    }

    /**
     * Closes a socket that is no more wanted; on any thread.
     *
     * @param own the calling thread's kernel
     */
    void close(ListenSocket socket, Kernel own) {
        socket.close(own);
        budget.release(1);
    }

    /**
     * Goes over to the change.
     *
     * @return what is not wanted any more, to be closed by the loop that accepts on it last
     */
    List<ListenSocket> commit(Change change, List<ListenerConfig> listeners) {
        for (int i = 0; i < listeners.size(); i++) {
            change.sockets.get(i).configure(kernel, listeners.get(i).tcp());
        }
        List<ListenSocket> gone = new ArrayList<>(open.values());
        gone.removeAll(change.sockets);
        open = change.after;
        return gone;
    }

    private ListenSocket bind(Address address, ListenerConfig listener) throws IOException {
        if (!budget.claim(1)) {
            throw new IOException("cannot listen on " + address + ": " + Errno.describe(Errno.EMFILE)
                    + "; a higher limit (ulimit -n) helps");
        }
        boolean open = false;
        try {
            ListenSocket socket = ListenSocket.open(kernel, address, listener.tcp());
            open = true;
            return socket;
        } finally {
            if (!open) {
                budget.release(1);
            }
        }
    }

    /**
     * None is wanted any more.
     *
     * @return all of them
     */
    List<ListenSocket> clear() {
        List<ListenSocket> gone = List.copyOf(open.values());
        open = Map.of();
        return gone;
    }
}
