package dev.sluice.proxy.control;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.listen.ListenSocket;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.takeover.OfferedSocket;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The listening sockets, by what they are bound to: a listener that is renamed or gets other settings keeps its socket, and with it
 * every connection in its backlog. On control's thread, but for {@link #close}.
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

        /** What a successor knows the socket by, besides what it is bound to: nothing unless the kernel chose the port. */
        String key() {
            return name.isEmpty() ? "" : address + " " + name;
        }
    }

    private final Kernel kernel;
    private final DescriptorBudget budget;
    private Map<Bind, ListenSocket> open = new HashMap<>();
    /** Taken over, for the listeners of the first configuration. */
    private List<OfferedSocket> inherited = List.of();
    /** Those that are another process's as well, and their files its own: closing them here leaves the files alone. */
    private final Set<ListenSocket> shared = ConcurrentHashMap.newKeySet();

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
            socket = inherited(bind, change);
        }
        if (socket == null) {
            checkFree(address, change);
            socket = bind(address, listener);
            change.opened.add(socket);
        }
        change.after.put(bind, socket);
        change.sockets.add(socket);
    }

    private @Nullable ListenSocket inherited(Bind bind, Change change) {
        for (OfferedSocket offered : inherited) {
            ListenSocket socket = offered.socket();
            boolean fits;
            if (!bind.name.isEmpty()) {
                fits = bind.key().equals(offered.key()); // whatever port it got
            } else if (bind.address instanceof Address.Unix) {
                fits = socket.excludes(bind.address); // also by another name of its file
            } else {
                fits = socket.address().equals(bind.address);
            }
            if (fits && !change.sockets.contains(socket)) {
                return socket;
            }
        }
        return null;
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
        if (shared.remove(socket)) {
            socket.closeShared(own);
        } else {
            socket.close(own);
        }
        budget.release(1);
    }

    /**
     * Goes over to the change.
     *
     * @return what is not wanted any more, to be closed by the loop that accepts on it last
     */
    List<ListenSocket> commit(Change change, List<ListenerConfig> listeners) {
        configure(change.sockets, listeners);
        List<ListenSocket> gone = clear();
        gone.removeAll(change.sockets);
        open = change.after;
        return gone;
    }

    /**
     * Takes sockets of another process in, for the next configuration: what no listener asks for then is closed. Until {@link #own}, they
     * are the other's as well.
     *
     * @throws Refusal when there are not so many descriptors; then they stay the caller's
     */
    void inherit(List<OfferedSocket> sockets) throws Refusal {
        if (!budget.claim(sockets.size())) {
            throw new Refusal("cannot take over " + sockets.size() + " listening sockets: "
                    + Errno.describe(Errno.EMFILE) + "; a higher limit (ulimit -n) helps");
        }
        sockets.forEach(offered -> shared.add(offered.socket()));
        inherited = List.copyOf(sockets);
    }

    /** From now on, what was taken over is this process's alone. */
    void own() {
        shared.clear();
    }

    private void configure(List<ListenSocket> sockets, List<ListenerConfig> listeners) {
        for (int i = 0; i < listeners.size(); i++) {
            sockets.get(i).configure(kernel, listeners.get(i).tcp());
        }
    }

    /** Another process had these as well, and may have set options of its own. */
    void reclaim(List<ListenSocket> sockets, List<ListenerConfig> listeners) {
        sockets.forEach(socket -> socket.reclaim(kernel));
        configure(sockets, listeners);
    }

    /** What another process can take over. */
    List<OfferedSocket> offer() {
        List<OfferedSocket> offered = new ArrayList<>();
        open.forEach((bind, socket) -> offered.add(new OfferedSocket(socket, bind.key())));
        return offered;
    }

    /** These are another process's from now on: when they are closed here, their files stay. */
    void share(Set<ListenSocket> sockets) {
        shared.addAll(sockets);
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
        List<ListenSocket> gone = new ArrayList<>(open.values());
        inherited.stream()
                .map(OfferedSocket::socket)
                .filter(socket -> !open.containsValue(socket))
                .forEach(gone::add);
        open = Map.of();
        inherited = List.of();
        return gone;
    }
}
