package dev.sluice.proxy;

import dev.sluice.linux.Kernel;
import dev.sluice.linux.UnixCalls;
import dev.sluice.proxy.control.ControlThread;
import dev.sluice.proxy.control.Refusal;
import dev.sluice.proxy.control.Resolved;
import dev.sluice.proxy.listen.ListenSocket;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.takeover.ByHand;
import dev.sluice.proxy.takeover.OfferedSocket;
import dev.sluice.proxy.takeover.Predecessor;
import dev.sluice.proxy.takeover.Successor;
import dev.sluice.proxy.takeover.TakeoverException;
import dev.sluice.proxy.takeover.TakeoverServer;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A proxy's part in takeovers: first as successor, then as predecessor. Its methods are called by one thread after the other. */
final class Succession implements AutoCloseable {
    /**
     * For checks to find out which endpoints are up, while the predecessor goes on accepting; less than it waits for (see
     * {@link TakeoverServer.Patience}).
     */
    private static final Duration MOST_CHECKING = Duration.ofSeconds(5);

    private final Takeover takeover;
    private final ProxyObserver observer;
    private final Supplier<Kernel> kernels;
    private final ControlThread control;
    /** Until the server has it. */
    private @Nullable ListenSocket socket;

    private @Nullable TakeoverServer server;

    Succession(Takeover takeover, ProxyObserver observer, Supplier<Kernel> kernels, ControlThread control) {
        this.takeover = takeover;
        this.observer = observer;
        this.kernels = kernels;
        this.control = control;
        control.claim(TakeoverServer.DESCRIPTORS);
    }

    /**
     * Applies the first configuration, with the sockets of the proxy that runs if there is one; it accepts no more when this returns.
     *
     * @throws Refusal when that cannot be done; the proxy that runs goes on as it was
     */
    void begin(Resolved first) throws Refusal {
        try (Kernel kernel = kernels.get();
                UnixCalls calls = UnixCalls.open()) {
            try (Successor successor = takeover.receive() ? Successor.meet(kernel, calls, takeover.socket()) : null) {
                if (successor == null) {
                    if (takeover.receive()) {
                        observer.warning("nobody is there to take over from at " + takeover.socket()
                                + ": starts as the first one");
                    }
                    socket = open(kernel, calls);
                    control.apply(first);
                    return;
                }
                succeed(successor, first);
                socket = successor.takeTakeoverSocket();
                if (socket == null) {
                    openAnew(kernel, calls);
                }
            }
        } catch (IOException e) {
            throw new Refusal(String.valueOf(e.getMessage()));
        }
    }

    /** Another file has taken the place of the one that the predecessor had. The proxy serves all the same. */
    private void openAnew(Kernel kernel, UnixCalls calls) {
        try {
            socket = open(kernel, calls);
        } catch (IOException e) {
            observer.warning(String.valueOf(e.getMessage()));
        }
    }

    private ListenSocket open(Kernel kernel, UnixCalls calls) throws IOException {
        try {
            return ListenSocket.openPrivate(kernel, calls, takeover.socket());
        } catch (IOException e) {
            String hint = takeover.receive() ? "" : "; a proxy that listens there is taken over with --takeover";
            throw new IOException("the takeover's socket: " + e.getMessage() + hint, e);
        }
    }

    private void succeed(Successor successor, Resolved first) throws Refusal, IOException {
        Set<ListenSocket> inherited = new HashSet<>();
        successor.listeners().forEach(offered -> inherited.add(offered.socket()));
        boolean done = false;
        try {
            List<ByHand> kept = control.restore(successor.byHand(), first);
            control.check(first, MOST_CHECKING);
            control.inherit(successor.listeners());
            successor.given();
            Set<ListenSocket> taken = new HashSet<>(control.apply(first));
            taken.retainAll(inherited);
            String odd = successor.confirm(taken);
            done = true;
            if (odd != null) {
                observer.warning(odd);
            }
            control.own();
            takeover.observer()
                    .told("took over " + taken.size() + " of " + inherited.size()
                            + (inherited.size() == 1 ? " listening socket" : " listening sockets") + " from "
                            + successor.predecessor());
            if (!kept.isEmpty()) {
                takeover.observer()
                        .told("kept what was set by hand: "
                                + kept.stream().map(ByHand::toString).collect(Collectors.joining(", ")));
            }
        } finally {
            if (!done) {
                control.cede(inherited); // who has connected and was not accepted yet is the predecessor's
            }
        }
    }

    /** Waits for successors from now on. What cannot be done about that is a warning: the proxy serves. */
    void serve(Host host) {
        ListenSocket mine = socket;
        socket = null;
        if (mine == null) {
            return;
        }
        try {
            server = TakeoverServer.start(kernels, mine, new Link(host), TakeoverServer.Patience.USUAL);
        } catch (IOException e) {
            observer.warning(String.valueOf(e.getMessage()));
        }
    }

    /** No successor is answered any more; one that has not confirmed yet is turned away. */
    @Override
    public void close() {
        if (server != null) {
            server.close();
        }
        if (socket != null) {
            try (Kernel kernel = kernels.get()) {
                socket.close(kernel);
            }
            socket = null;
        }
    }

    /** What the proxy has to say to a takeover. */
    interface Host {
        /**
         * What it hands on; it applies nothing until the next word.
         *
         * @throws Refusal when it hands nothing on
         */
        List<OfferedSocket> offer() throws Refusal;

        /** What was set by hand, which nobody changes until the next word. */
        List<ByHand> byHand() throws Refusal;

        /**
         * Accepts nothing any more.
         *
         * @throws Refusal when it hands nothing on after all
         */
        void cede(Set<ListenSocket> taken) throws Refusal;

        /** Goes on as it was. */
        void keep();
    }

    /** The same in the words of the server. */
    private final class Link implements Predecessor {
        private final Host host;

        Link(Host host) {
            this.host = host;
        }

        @Override
        public List<OfferedSocket> offer() throws TakeoverException {
            try {
                return host.offer();
            } catch (Refusal e) {
                throw refused(e);
            }
        }

        @Override
        public List<ByHand> byHand() throws TakeoverException {
            try {
                return host.byHand();
            } catch (Refusal e) {
                throw refused(e);
            }
        }

        @Override
        public void cede(Set<ListenSocket> taken) throws TakeoverException {
            try {
                host.cede(taken);
            } catch (Refusal e) {
                throw refused(e);
            }
        }

        private static TakeoverException refused(Refusal e) {
            return new TakeoverException(TakeoverException.Reason.REFUSED, String.valueOf(e.getMessage()));
        }

        @Override
        public void keep() {
            host.keep();
        }

        @Override
        public void succeeded() {
            takeover.observer().succeeded();
        }

        @Override
        public void told(String line) {
            takeover.observer().told(line);
        }

        @Override
        public void warned(String line) {
            observer.warning(line);
        }
    }
}
