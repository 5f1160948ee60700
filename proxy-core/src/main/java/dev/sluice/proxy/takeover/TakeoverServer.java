package dev.sluice.proxy.takeover;

import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.SockaddrBuffer;
import dev.sluice.linux.Sockets;
import dev.sluice.linux.UnixCalls;
import dev.sluice.proxy.listen.ListenSocket;
import dev.sluice.proxy.loop.RateLimit;
import dev.sluice.proxy.takeover.TakeoverException.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The running proxy's side: waits for a successor on a thread of its own, which blocks, and gives the sockets to one at a time. Only
 * processes of its own user (SO_PEERCRED, unix(7)) are answered. Ends when one has taken over, or when it is closed.
 */
public final class TakeoverServer implements AutoCloseable {
    /** Its socket, an epoll, an eventfd, and a successor's connection. */
    public static final int DESCRIPTORS = 4;

    /**
     * How long a successor may take.
     *
     * @param greeting from its connection to its first message
     * @param confirmation from the sockets to the word that every loop accepts: its other sockets are bound meanwhile. The predecessor
     *     serves all the while
     */
    public record Patience(Duration greeting, Duration confirmation) {
        public static final Patience USUAL = new Patience(Duration.ofSeconds(2), Duration.ofSeconds(10));
    }

    /** How long nobody is accepted after descriptors ran out. */
    private static final long SHORTAGE_NANOS = 100_000_000;

    private static final String BUSY = "another process is taking over at this moment";

    private final Supplier<Kernel> kernels;
    private final ListenSocket socket;
    private final Predecessor predecessor;
    private final Patience patience;
    private final RateLimit warnings = RateLimit.ofWarnings();
    private final CompletableFuture<Messenger> started = new CompletableFuture<>();
    private final Thread thread;
    private boolean ended;

    private TakeoverServer(Supplier<Kernel> kernels, ListenSocket socket, Predecessor predecessor, Patience patience) {
        this.kernels = kernels;
        this.socket = socket;
        this.predecessor = predecessor;
        this.patience = patience;
        this.thread = new Thread(this::run, "sluice-takeover");
    }

    /**
     * Starts it.
     *
     * @param kernels gives each thread that asks a kernel of its own
     * @param socket where successors come, a unix socket; its own from now on
     * @throws IOException when it cannot start; then the socket is closed
     */
    public static TakeoverServer start(
            Supplier<Kernel> kernels, ListenSocket socket, Predecessor predecessor, Patience patience)
            throws IOException {
        TakeoverServer server = new TakeoverServer(kernels, socket, predecessor, patience);
        try {
            server.thread.start();
            server.started.join();
            return server;
        } catch (CompletionException | OutOfMemoryError e) {
            try (Kernel own = kernels.get()) {
                socket.close(own);
            }
            Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
            throw new IOException(
                    "cannot be taken over: " + (cause instanceof KernelException ? cause.getMessage() : cause), e);
        }
    }

    private void run() {
        boolean succeeded = false;
        try (Kernel kernel = kernels.get();
                UnixCalls calls = UnixCalls.open()) {
            succeeded = run(kernel, calls);
        } catch (RuntimeException | Error e) {
            if (!started.completeExceptionally(e)) {
                throw e; // to the thread's handler, which tells of it
            }
        }
        if (succeeded) {
            predecessor.succeeded();
        }
    }

    private boolean run(Kernel kernel, UnixCalls calls) {
        Messenger messenger = new Messenger(kernel, calls);
        Service service = new Service(kernel, calls, messenger);
        try {
            started.complete(messenger);
            return service.serve();
        } finally {
            synchronized (this) {
                ended = true;
                messenger.close();
            }
            if (service.socketTaken && service.succeeded) {
                socket.closeDescriptor(kernel);
            } else {
                socket.close(kernel);
            }
        }
    }

    /** Breaks off a takeover that has not been confirmed, removes the socket, and waits for the end of the thread. */
    @Override
    public void close() {
        synchronized (this) {
            if (!ended) {
                started.join().stop(kernels);
            }
        }
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** What lives on the thread. */
    private final class Service {
        private final Kernel kernel;
        private final UnixCalls calls;
        private final Messenger messenger;
        private final SockaddrBuffer name;
        private boolean socketTaken;
        private boolean succeeded;

        Service(Kernel kernel, UnixCalls calls, Messenger messenger) {
            this.kernel = kernel;
            this.calls = calls;
            this.messenger = messenger;
            this.name = new SockaddrBuffer(kernel);
        }

        /** @return whether a successor has taken over; else it was stopped */
        boolean serve() {
            messenger.meanwhile(socket.fd(), this::turnAway);
            try {
                while (true) {
                    messenger.awaitReadable(socket.fd());
                    int fd = accept();
                    if (fd >= 0) {
                        try {
                            if (converse(fd)) {
                                return true;
                            }
                        } finally {
                            kernel.close(fd);
                        }
                    } else if (fd != -Errno.EAGAIN) {
                        messenger.pause(SHORTAGE_NANOS); // it stays readable, and asking any faster would be spinning
                    }
                }
            } catch (TakeoverException stopped) {
                return false;
            }
        }

        private int accept() {
            return kernel.accept4(socket.fd(), name, Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC);
        }

        private boolean isOwn(int fd) {
            long user = calls.peerUser(fd);
            if (user == calls.effectiveUser()) {
                return true;
            }
            warn(who(fd) + " of user " + user + " may not take over: it is another user's");
            return false;
        }

        private boolean turnAway() {
            int fd = accept();
            if (fd >= 0) {
                if (isOwn(fd)) {
                    messenger.say(fd, Protocol.REFUSAL, Protocol.refusal(BUSY));
                }
                kernel.close(fd);
            }
            return fd >= 0 || fd == -Errno.EAGAIN;
        }

        private void warn(String line) {
            if (warnings.passes(System.nanoTime())) {
                predecessor.warned(line);
            }
        }

        private String who(int fd) {
            return Peers.name(calls.peerProcess(fd));
        }

        /** @return whether the successor has taken over; else nothing has changed */
        private boolean converse(int fd) {
            if (!isOwn(fd)) {
                return false;
            }
            Conversation conversation = new Conversation(fd);
            try {
                conversation.hold();
                return true;
            } catch (TakeoverException | RuntimeException e) {
                if (succeeded) {
                    return true;
                }
                Reason reason = e instanceof TakeoverException known ? known.reason() : Reason.FAILED;
                failed(conversation, reason, reason == Reason.FAILED ? e.toString() : String.valueOf(e.getMessage()));
                return false;
            }
        }

        private void failed(Conversation conversation, Reason reason, String why) {
            if (reason != Reason.ENDED) {
                // What is said of it here would be said of this one there.
                String there = why.startsWith("it ") ? "the successor" + why.substring(2) : why;
                messenger.say(conversation.fd, Protocol.REFUSAL, Protocol.refusal(there));
            } else if (!conversation.greeted) {
                return; // it only looked whether somebody is here
            }
            warn("the takeover by " + who(conversation.fd) + " has failed: " + why
                    + (reason == Reason.STOPPED ? "" : "; this process goes on as it was"));
        }

        private final class Conversation {
            private final int fd;
            private boolean greeted;

            Conversation(int fd) {
                this.fd = fd;
            }

            void hold() throws TakeoverException {
                byte[] greeting = messenger
                        .receive(fd, Protocol.HELLO, in(patience.greeting()))
                        .body();
                greeted = true;
                int version = Protocol.hello(greeting).inCommon();
                if (version == 0) {
                    throw new TakeoverException(
                            Reason.REFUSED,
                            "this process understands versions " + Protocol.OLDEST + " to " + Protocol.VERSION
                                    + " of the takeover, and the successor only others: stop it, and start the other anew");
                }
                List<OfferedSocket> offered = predecessor.offer();
                boolean ceded = false;
                try {
                    List<ByHand> byHand = predecessor.byHand();
                    if (!byHand.isEmpty() && !Protocol.knowsByHand(version)) {
                        predecessor.warned("the successor's version does not take over what was set by hand: "
                                + byHand.stream().map(ByHand::toString).collect(Collectors.joining(", ")));
                        byHand = List.of();
                    }
                    Set<ListenSocket> taken = offer(version, offered, byHand);
                    predecessor.cede(taken);
                    ceded = true;
                    succeeded = true;
                    messenger.say(fd, Protocol.RELEASED, new byte[0]);
                    predecessor.told(who(fd) + " has taken over " + taken.size() + " of " + offered.size()
                            + (offered.size() == 1 ? " listening socket" : " listening sockets"));
                } finally {
                    if (!ceded) {
                        socket.listen(kernel);
                        predecessor.keep();
                    }
                }
            }

            private Set<ListenSocket> offer(int version, List<OfferedSocket> listeners, List<ByHand> byHand)
                    throws TakeoverException {
                List<OfferedSocket> all = new ArrayList<>(listeners);
                all.add(new OfferedSocket(socket, ""));
                if (all.size() > Protocol.MAX_SOCKETS) {
                    throw new TakeoverException(
                            Reason.REFUSED, "there are more than " + Protocol.MAX_SOCKETS + " listeners");
                }
                long deadline = in(patience.greeting());
                messenger.send(
                        fd,
                        Protocol.OFFER,
                        Protocol.offer(new Protocol.Offer(version, all.size(), byHand.size())),
                        List.of(),
                        deadline);
                for (int at = 0; at < all.size(); at += Protocol.itemsAtOnce()) {
                    List<OfferedSocket> batch = all.subList(at, Math.min(all.size(), at + Protocol.itemsAtOnce()));
                    messenger.send(
                            fd,
                            Protocol.SOCKETS,
                            Protocol.sockets(batch.stream().map(this::item).toList()),
                            batch.stream().map(offered -> offered.socket().fd()).toList(),
                            deadline);
                }
                for (int at = 0; at < byHand.size(); at += Protocol.byHandAtOnce()) {
                    List<ByHand> batch = byHand.subList(at, Math.min(byHand.size(), at + Protocol.byHandAtOnce()));
                    messenger.send(fd, Protocol.BY_HAND, Protocol.byHand(batch), List.of(), deadline);
                }
                byte[] confirmed = messenger
                        .receive(fd, Protocol.CONFIRM, in(patience.confirmation()))
                        .body();
                Set<ListenSocket> taken = new HashSet<>();
                for (int index : Protocol.confirm(confirmed, all.size())) {
                    taken.add(all.get(index).socket());
                }
                socketTaken = taken.remove(socket);
                return taken;
            }

            private Protocol.Item item(OfferedSocket offered) {
                return new Protocol.Item(offered.socket().equals(socket), offered.key(), Peers.file(offered.socket()));
            }

            private static long in(Duration time) {
                return System.nanoTime() + time.toNanos();
            }
        }
    }
}
