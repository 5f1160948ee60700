package dev.sluice.proxy.control;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.config.Activation;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.listen.ListenSocket;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.takeover.OfferedSocket;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The listening sockets, by what they are bound to: a listener that is renamed or gets other settings keeps its socket, and with it
 * every connection in its backlog. On control's thread, but for {@link #close}.
 */
final class ListenSockets {
    /**
     * What makes a socket the one that a listener asks for.
     *
     * @param name of the listener, where the kernel chooses the port: two listeners on port 0 are two sockets; of one that was passed on,
     *     what the listener has it as; else empty
     */
    private record Bind(Address address, String name) {
        static Bind of(Address address, ListenerConfig listener) {
            if (listener.bind() instanceof EndpointAddress.Passed passed) {
                return new Bind(address, passed.toString());
            }
            boolean anyPort = address.family() != Sockets.AF_UNIX && address.port() == 0;
            return new Bind(address, anyPort ? listener.name() : "");
        }

        boolean isPassed() {
            return name.startsWith(EndpointAddress.PASSED);
        }

        /** What a successor knows the socket by, besides what it is bound to: nothing unless that does not tell. */
        String key() {
            return name.isEmpty() || isPassed() ? name : address + " " + name;
        }
    }

    /** The descriptor of a socket that is closed. */
    private static final int NONE = -1;

    private final Kernel kernel;
    private final DescriptorBudget budget;
    private Map<Bind, ListenSocket> open = new HashMap<>();
    /** Taken over, for the listeners of the first configuration. */
    private List<OfferedSocket> inherited = List.of();
    /** Where nothing listens now, since the upstream has nobody for who would come. */
    private Set<Bind> closed = new HashSet<>();

    private final PassedSockets passed;
    /** Wanted no more and not closed yet: who had connected waits for descriptors. */
    private final Set<ListenSocket> leaving = ConcurrentHashMap.newKeySet();
    /** Those that are another process's as well, and their files its own: closing them here leaves the files alone. */
    private final Set<ListenSocket> shared = ConcurrentHashMap.newKeySet();

    ListenSockets(Kernel kernel, DescriptorBudget budget, Activation activation) {
        this.kernel = kernel;
        this.budget = budget;
        this.passed = new PassedSockets(kernel, activation);
    }

    /**
     * What a configuration makes of the sockets.
     *
     * @param sockets of each listener, in the order of the configuration; null where nothing listens yet
     * @param opened of these, the new ones
     */
    record Change(
            List<@Nullable ListenSocket> sockets,
            List<ListenSocket> opened,
            Map<Bind, ListenSocket> after,
            Map<Bind, ListenSocket> closed) {
        Change() {
            this(new ArrayList<>(), new ArrayList<>(), new HashMap<>(), new HashMap<>());
        }
    }

    /**
     * Binds what is new, and changes nothing yet: what comes next is {@link #commit} or {@link #undo}. Where it is not sure yet that
     * somebody takes who would come (when-down: close-listener), what is new does not listen yet, and what is closed stays so.
     *
     * @throws Refusal when a listener cannot be bound; then nothing is left of it
     */
    Change prepare(Resolved next) throws Refusal {
        Change change = new Change();
        Set<String> closing = next.config().upstreams().stream()
                .filter(upstream -> upstream.whenDown().closesListeners())
                .map(UpstreamConfig::name)
                .collect(Collectors.toSet());
        boolean done = false;
        try {
            List<ListenerConfig> listeners = next.config().listeners();
            for (int i = 0; i < listeners.size(); i++) {
                ListenerConfig listener = listeners.get(i);
                prepare(change, listener, next.binds().get(i), closing.contains(listener.upstream()));
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

    private void prepare(Change change, ListenerConfig listener, Address address, boolean closes)
            throws IOException, Refusal {
        Bind bind = Bind.of(address, listener);
        ListenSocket socket = change.after.containsKey(bind) ? null : open.get(bind);
        if (socket == null) {
            socket = inherited(bind, change);
        }
        if (socket == null && bind.isPassed()) {
            socket = passed(bind, change);
        }
        if (socket == null && closes && closed.contains(bind)) {
            checkFree(address, change);
            change.closed.put(bind, new ListenSocket(NONE, address, null));
            change.sockets.add(null);
            return;
        }
        if (socket == null) {
            checkFree(address, change);
            socket = claimed(
                    address,
                    () -> closes
                            ? ListenSocket.bind(kernel, address, listener.tcp())
                            : ListenSocket.open(kernel, address, listener.tcp()));
            change.opened.add(socket);
        }
        change.after.put(bind, socket);
        change.sockets.add(socket);
    }

    private ListenSocket passed(Bind bind, Change change) throws IOException, Refusal {
        ListenSocket socket = passed.known(bind.name);
        if (socket == null) {
            try {
                String name = bind.name.substring(EndpointAddress.PASSED.length());
                socket = claimed(bind.address, () -> passed.take(bind.name, name));
            } catch (IOException e) {
                throw new IOException("cannot listen on " + bind.name + ": " + e.getMessage(), e);
            }
        }
        if (change.after.containsValue(socket)) {
            throw new Refusal("cannot listen on " + bind.name + ": another listener has the same socket");
        }
        return socket;
    }

    private @Nullable ListenSocket inherited(Bind bind, Change change) {
        for (OfferedSocket offered : inherited) {
            ListenSocket socket = offered.socket();
            boolean fits;
            if (!bind.name.isEmpty() || offered.key().startsWith(EndpointAddress.PASSED)) {
                fits = bind.key().equals(offered.key()); // whatever it is bound to
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
        List<ListenSocket> others = new ArrayList<>(change.after.values());
        others.addAll(change.closed.values());
        for (ListenSocket other : others) {
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
        for (ListenSocket socket : change.opened) {
            socket.removeFile();
            close(socket, kernel);
        }
    }

    /**
     * Closes a socket that is no more wanted; on any thread. Its file is gone already.
     *
     * @param own the calling thread's kernel
     */
    void close(ListenSocket socket, Kernel own) {
        shared.remove(socket);
        leaving.remove(socket);
        socket.closeDescriptor(own);
        budget.release(1);
    }

    /**
     * Goes over to the change.
     *
     * @return what is not wanted any more, to be closed by the loop that accepts on it last
     */
    List<ListenSocket> commit(Change change, List<ListenerConfig> listeners) {
        configure(change.sockets, listeners);
        List<ListenSocket> gone = takeAll();
        gone.removeAll(change.after.values());
        gone.removeIf(passed::has);
        open = change.after;
        closed = new HashSet<>(change.closed.keySet());
        removeFiles(gone);
        return gone;
    }

    /**
     * Listens on a socket that is bound, or opens one where nothing listens now.
     *
     * @param bound as it was prepared; null when it is closed
     * @throws IOException when it cannot be; what was bound stays so
     */
    ListenSocket listen(ListenerConfig listener, Address address, @Nullable ListenSocket bound) throws IOException {
        Bind bind = Bind.of(address, listener);
        if (bound == null) {
            ListenSocket socket = claimed(address, () -> ListenSocket.open(kernel, address, listener.tcp()));
            open.put(bind, socket);
            closed.remove(bind);
            return socket;
        }
        int result = bound.listen(kernel);
        if (result < 0) {
            throw new IOException("cannot listen on " + address + ": " + Errno.describe(-result));
        }
        return bound;
    }

    /**
     * Nothing listens there for now.
     *
     * @return the socket, to be closed by the loop that accepts on it last
     */
    ListenSocket shut(ListenerConfig listener, Address address, ListenSocket socket) {
        Bind bind = Bind.of(address, listener);
        open.remove(bind);
        closed.add(bind);
        removeFiles(List.of(socket));
        return socket;
    }

    /** First of all, so that nobody comes any more while the backlog is worked off. */
    private void removeFiles(List<ListenSocket> gone) {
        leaving.addAll(gone);
        for (ListenSocket socket : gone) {
            if (!shared.contains(socket) && !passed.has(socket)) {
                socket.removeFile();
            }
        }
    }

    /** Sockets that somebody else has, who listens on when this process ends: their backlogs are left to whoever comes then. */
    PassedSockets passed() {
        return passed;
    }

    /**
     * Takes sockets of another process in, for the next configuration: what no listener asks for then is closed, but for what was passed on
     * to the other one. Until {@link #own}, they are the other's as well.
     *
     * @throws Refusal when there are not so many descriptors; then they stay the caller's
     */
    void inherit(List<OfferedSocket> sockets) throws Refusal {
        if (!budget.claim(sockets.size())) {
            throw new Refusal("cannot take over " + sockets.size() + " listening sockets: "
                    + Errno.describe(Errno.EMFILE) + "; a higher limit (ulimit -n) helps");
        }
        for (OfferedSocket offered : sockets) {
            shared.add(offered.socket());
            if (offered.key().startsWith(EndpointAddress.PASSED)) {
                passed.add(offered.key(), offered.socket());
            }
        }
        inherited = List.copyOf(sockets);
    }

    /** From now on, what was taken over is this process's alone. */
    void own() {
        shared.clear();
    }

    private void configure(List<@Nullable ListenSocket> sockets, List<ListenerConfig> listeners) {
        for (int i = 0; i < listeners.size(); i++) {
            ListenSocket socket = sockets.get(i);
            if (socket != null) {
                socket.configure(kernel, listeners.get(i).tcp());
            }
        }
    }

    /** Another process had this as well, and may have set options of its own. */
    void reclaim(ListenSocket socket, ListenerConfig listener) {
        socket.listen(kernel);
        socket.configure(kernel, listener.tcp());
    }

    /** What another process can take over: of what was passed on, also what no listener has now. */
    List<OfferedSocket> offer() {
        List<OfferedSocket> offered = new ArrayList<>();
        open.forEach((bind, socket) -> offered.add(new OfferedSocket(socket, bind.key())));
        passed.others(open.values()).forEach((socket, name) -> offered.add(new OfferedSocket(socket, name)));
        return offered;
    }

    /** These are another process's from now on: when they are closed here, their files stay. */
    void share(Set<ListenSocket> sockets) {
        shared.addAll(sockets);
    }

    private interface Opening {
        ListenSocket open() throws IOException;
    }

    private ListenSocket claimed(Address address, Opening opening) throws IOException {
        if (!budget.claim(1)) {
            throw new IOException("cannot listen on " + address + ": " + Errno.describe(Errno.EMFILE)
                    + "; a higher limit (ulimit -n) helps");
        }
        boolean open = false;
        try {
            ListenSocket socket = opening.open();
            open = true;
            return socket;
        } catch (IOException e) {
            if (leaving.stream().anyMatch(socket -> socket.excludes(address))) {
                throw new IOException(
                        "cannot listen on " + address
                                + " yet: who had connected to this proxy there before waits for descriptors",
                        e);
            }
            throw e;
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
        List<ListenSocket> gone = takeAll();
        removeFiles(gone);
        return gone;
    }

    private List<ListenSocket> takeAll() {
        List<ListenSocket> gone = new ArrayList<>(open.values());
        inherited.stream()
                .map(OfferedSocket::socket)
                .filter(socket -> !open.containsValue(socket))
                .forEach(gone::add);
        open = new HashMap<>();
        closed = new HashSet<>();
        inherited = List.of();
        return gone;
    }
}
