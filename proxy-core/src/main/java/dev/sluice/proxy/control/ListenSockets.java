package dev.sluice.proxy.control;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
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
            return new Bind(address, hasPortZero(address) ? listener.name() : "");
        }

        private static boolean hasPortZero(Address address) {
            return switch (address) {
                case Address.V4 v4 -> v4.port() == 0;
                case Address.V6 v6 -> v6.port() == 0;
                case Address.Unix unix -> false;
            };
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
     * The socket of each listener, in the order of the configuration. New ones are bound before anything is changed. Those that are not
     * wanted any more are forgotten here, and are to be closed by the loop that accepts on them last.
     *
     * @throws Refusal when one cannot be bound; then everything is as it was
     */
    List<ListenSocket> apply(Resolved next) throws Refusal {
        List<ListenerConfig> listeners = next.config().listeners();
        List<ListenSocket> sockets = new ArrayList<>();
        List<ListenSocket> opened = new ArrayList<>();
        Map<Bind, ListenSocket> now = new HashMap<>();
        for (int i = 0; i < listeners.size(); i++) {
            ListenerConfig listener = listeners.get(i);
            Bind bind = Bind.of(next.binds().get(i), listener);
            ListenSocket socket = now.containsKey(bind) ? null : open.get(bind);
            if (socket == null) {
                try {
                    socket = bind(bind.address(), listener);
                } catch (IOException e) {
                    opened.forEach(this::close);
                    throw new Refusal(String.valueOf(e.getMessage()));
                }
                opened.add(socket);
            }
            now.put(bind, socket);
            sockets.add(socket);
        }
        for (int i = 0; i < listeners.size(); i++) {
            sockets.get(i).configure(kernel, listeners.get(i).tcp());
        }
        open = now;
        return sockets;
    }

    private ListenSocket bind(Address address, ListenerConfig listener) throws IOException {
        if (!budget.claim(1)) {
            throw new IOException("cannot listen on " + address + ": " + Errno.describe(Errno.EMFILE)
                    + "; a higher limit (ulimit -n) helps");
        }
        try {
            return ListenSocket.open(kernel, address, listener.tcp());
        } catch (IOException e) {
            budget.release(1);
            throw e;
        }
    }

    private void close(ListenSocket socket) {
        socket.close(kernel);
        budget.release(1);
    }

    /** None is wanted any more. */
    void clear() {
        open = new HashMap<>();
    }
}
