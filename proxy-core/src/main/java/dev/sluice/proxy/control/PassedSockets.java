package dev.sluice.proxy.control;

import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.proxy.config.Activation;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.listen.ListenSocket;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Listening sockets that somebody else has opened and still has, by the name that a listener has for them: they stay open as long as the
 * proxy runs, so that a later configuration can have them again, and their files are never removed here. On control's thread.
 */
final class PassedSockets {
    private final Kernel kernel;
    private final Activation activation;
    private final Map<String, ListenSocket> known = new HashMap<>();
    private boolean told;

    PassedSockets(Kernel kernel, Activation activation) {
        this.kernel = kernel;
        this.activation = activation;
    }

    /** Whether it is one of them. */
    boolean has(ListenSocket socket) {
        return known.containsValue(socket);
    }

    /** All that a listener had at some time. */
    Set<ListenSocket> all() {
        return Set.copyOf(known.values());
    }

    /** Those that are none of these, each with a name of it. */
    Map<ListenSocket, String> others(Collection<ListenSocket> used) {
        Map<ListenSocket, String> others = new HashMap<>();
        known.forEach((name, socket) -> others.put(socket, name));
        others.keySet().removeAll(Set.copyOf(used));
        return others;
    }

    /** The one that a listener has had by this name. */
    @Nullable
    ListenSocket known(String name) {
        return known.get(name);
    }

    /** One that came to this process by a takeover. */
    void add(String name, ListenSocket socket) {
        known.put(name, socket);
    }

    /**
     * The one of this name that this process was started with. It is known from now on.
     *
     * @param as what the listener has it as
     * @throws IOException when there is none, or it is no listening socket
     */
    ListenSocket take(String as, String name) throws IOException {
        Activation.Passed passed = activation.find(name);
        for (ListenSocket socket : known.values()) {
            if (socket.fd() == passed.fd()) {
                known.put(as, socket); // by another name before
                return socket;
            }
        }
        int result = kernel.setCloseOnExec(passed.fd());
        if (result < 0) {
            throw new IOException("descriptor " + passed.fd() + ": " + Errno.describe(-result));
        }
        ListenSocket socket = ListenSocket.passed(kernel, passed.fd());
        known.put(as, socket);
        return socket;
    }

    /** What was passed on and no listener has, in a line, the first time only; null when there is nothing of that to tell. */
    @Nullable
    String unused() {
        if (told) {
            return null;
        }
        told = true;
        List<Activation.Passed> unused = new ArrayList<>(activation.sockets());
        unused.removeIf(
                passed -> known.containsKey(EndpointAddress.PASSED + passed.name()) // it came by a takeover, too
                        || known.values().stream().anyMatch(socket -> socket.fd() == passed.fd()));
        return unused.isEmpty()
                ? null
                : "no listener has what was passed to this process as " + Activation.list(unused)
                        + ": it is left alone, and who connects there waits";
    }
}
