package dev.sluice.proxy.takeover;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.SockaddrBuffer;
import dev.sluice.linux.Sockets;
import dev.sluice.linux.UnixCalls;
import dev.sluice.proxy.listen.ListenSocket;
import dev.sluice.proxy.takeover.TakeoverException.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The starting proxy's side of a takeover. Blocks, each time with a deadline; on the thread that made it. */
public final class Successor implements AutoCloseable {
    /** For the predecessor to answer, and to stop accepting. It has nothing to wait for. */
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    private static final long RETRY_MILLIS = 10;

    private final Kernel kernel;
    private final Messenger messenger;
    private final int fd;
    private final String name;
    private final List<OfferedSocket> listeners = new ArrayList<>();
    private final List<ByHand> byHand = new ArrayList<>();
    /** Their places in the offer. */
    private final Map<ListenSocket, Integer> places = new HashMap<>();

    private @Nullable ListenSocket takeoverSocket;
    private boolean given;

    private Successor(Kernel kernel, Messenger messenger, int fd, String name) {
        this.kernel = kernel;
        this.messenger = messenger;
        this.fd = fd;
        this.name = name;
    }

    /**
     * Connects to the proxy that runs, and receives its sockets. It goes on accepting.
     *
     * @return null when nobody listens there
     * @throws IOException when somebody does, and nothing comes of it
     */
    public static @Nullable Successor meet(Kernel kernel, UnixCalls calls, Address.Unix path) throws IOException {
        int fd = connect(kernel, path);
        if (fd < 0) {
            return null;
        }
        boolean done = false;
        try {
            long user = calls.peerUser(fd);
            if (user != calls.effectiveUser()) {
                throw new TakeoverException(
                        Reason.REFUSED,
                        "it is of user " + user + ", and this process of user " + calls.effectiveUser()
                                + ": only a proxy of the same user is taken over");
            }
            Messenger messenger = new Messenger(kernel, calls);
            try {
                Successor successor = new Successor(kernel, messenger, fd, Peers.name(calls.peerProcess(fd)));
                successor.receive();
                done = true;
                return successor;
            } finally {
                if (!done) {
                    messenger.close();
                }
            }
        } catch (TakeoverException e) {
            throw new IOException(
                    "cannot take over from the proxy at " + path + ": " + e.getMessage()
                            + (e.reason() == Reason.ENDED ? ", without an answer; its log may say why" : ""),
                    e);
        } finally {
            if (!done) {
                kernel.close(fd);
            }
        }
    }

    /** @return the descriptor, or −1 when nobody listens there */
    private static int connect(Kernel kernel, Address.Unix path) throws IOException {
        int fd = kernel.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC, 0);
        if (fd < 0) {
            throw new IOException("cannot take over: " + Errno.describe(-fd));
        }
        SockaddrBuffer address = new SockaddrBuffer(kernel);
        address.set(path);
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        int result = kernel.connect(fd, address);
        while (result == -Errno.EAGAIN && System.nanoTime() - deadline < 0) { // its backlog is full
            pause();
            result = kernel.connect(fd, address);
        }
        if (result == 0) {
            return fd;
        }
        kernel.close(fd);
        if (result == -Errno.ENOENT || result == -Errno.ECONNREFUSED) {
            return -1;
        }
        throw new IOException("cannot take over from the proxy at " + path + ": " + Errno.describe(-result)
                + (result == -Errno.EACCES ? "; it is another user's" : ""));
    }

    private static void pause() throws IOException {
        try {
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private void receive() throws IOException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        boolean done = false;
        try {
            messenger.send(
                    fd,
                    Protocol.HELLO,
                    Protocol.hello(new Protocol.Hello(Protocol.OLDEST, Protocol.VERSION)),
                    List.of(),
                    deadline);
            Protocol.Offer offer = Protocol.offer(
                    messenger.receive(fd, Protocol.OFFER, deadline).body());
            int place = 0;
            while (place < offer.sockets()) {
                place += take(messenger.receive(fd, Protocol.SOCKETS, deadline), place, offer.sockets() - place);
            }
            while (byHand.size() < offer.byHand()) {
                List<ByHand> more = Protocol.byHand(
                        messenger.receive(fd, Protocol.BY_HAND, deadline).body());
                if (more.isEmpty() || more.size() > offer.byHand() - byHand.size()) {
                    throw Protocol.nonsense(more.size() + " things set by hand, of " + offer.byHand());
                }
                byHand.addAll(more);
            }
            done = true;
        } finally {
            if (!done) {
                closeSockets();
            }
        }
    }

    /** @return how many sockets were in the message */
    private int take(Messenger.Message message, int place, int most) throws IOException {
        List<Integer> left = new ArrayList<>(message.descriptors());
        try {
            List<Protocol.Item> items = Protocol.sockets(message.body());
            if (items.size() != left.size() || items.isEmpty() || items.size() > most) {
                throw Protocol.nonsense(left.size() + " descriptors with " + items.size() + " names, of " + most);
            }
            for (int i = 0; i < items.size(); i++) {
                ListenSocket socket = ListenSocket.adopt(kernel, left.getFirst());
                String file = Peers.file(socket);
                if (file.equals(items.get(i).file()) && !file.equals(Peers.GONE)) {
                    left.removeFirst();
                    places.put(socket, place + i);
                    add(socket, items.get(i));
                } else {
                    kernel.close(left.removeFirst()); // another file has taken its place: nobody reaches it any more
                }
            }
            return items.size();
        } finally {
            left.forEach(kernel::close);
        }
    }

    private void add(ListenSocket socket, Protocol.Item item) {
        if (item.takeover()) {
            takeoverSocket = socket;
        } else {
            listeners.add(new OfferedSocket(socket, item.key()));
        }
    }

    /** The predecessor, for people: {@code process 4711}. */
    public String predecessor() {
        return name;
    }

    /** What it listens on. The caller's once {@link #given} was called. */
    public List<OfferedSocket> listeners() {
        return List.copyOf(listeners);
    }

    /** What was set by hand there; nothing when the predecessor is of a version that does not say. */
    public List<ByHand> byHand() {
        return List.copyOf(byHand);
    }

    /** The listeners' sockets are somebody else's from now on. */
    public void given() {
        given = true;
    }

    /**
     * Every loop accepts: the predecessor stops accepting, and this returns when it has.
     *
     * @param taken of the listeners' sockets; the others stay the predecessor's
     * @return null, or what was odd about it, though the sockets are taken: the predecessor has died, or does not answer
     * @throws IOException when the predecessor has changed its mind, and goes on accepting
     */
    public @Nullable String confirm(Set<ListenSocket> taken) throws IOException {
        List<Integer> confirmed = new ArrayList<>();
        places.forEach((socket, place) -> {
            if (taken.contains(socket) || socket.equals(takeoverSocket)) {
                confirmed.add(place);
            }
        });
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        try {
            messenger.send(fd, Protocol.CONFIRM, Protocol.confirm(confirmed), List.of(), deadline);
            messenger.receive(fd, Protocol.RELEASED, deadline);
            return null;
        } catch (TakeoverException e) {
            return switch (e.reason()) {
                case ENDED -> name + " has ended before it said that it accepts no more";
                case LATE -> name + " does not say that it accepts no more: it may still take connections";
                default -> throw new IOException("cannot take over from " + name + ": " + e.getMessage(), e);
            };
        }
    }

    /**
     * Where the predecessor waited for successors, at the path where this one found it; the caller's from now on. Null when another file
     * has taken its place.
     */
    public @Nullable ListenSocket takeTakeoverSocket() {
        ListenSocket taken = takeoverSocket;
        takeoverSocket = null;
        return taken;
    }

    private void closeSockets() {
        if (!given) {
            listeners.forEach(offered -> offered.socket().closeDescriptor(kernel));
            listeners.clear();
        }
        if (takeoverSocket != null) {
            takeoverSocket.closeDescriptor(kernel);
            takeoverSocket = null;
        }
    }

    /** Ends the conversation; sockets that nobody took are closed here, and stay the predecessor's. */
    @Override
    public void close() {
        closeSockets();
        messenger.close();
        kernel.close(fd);
    }
}
