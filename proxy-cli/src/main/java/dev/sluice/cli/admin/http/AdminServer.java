package dev.sluice.cli.admin.http;

import java.io.IOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Accepts connections to the admin interface and sees to their limits. Each has a thread of its own, and there are few: when there are as
 * many as may be, a new one takes the place of the one whose request has been coming the longest.
 */
public final class AdminServer implements AutoCloseable {
    /** Connections at once. */
    public static final int MOST = 16;

    /** Descriptors that are open at most: the socket, the selector's, a connection each. */
    public static final int DESCRIPTORS = MOST + 4;

    private static final String NAME = "sluice-admin";
    private static final long STACK = 256 << 10;
    private static final long REST_MILLIS = 100;
    private static final long LAST_NANOS = 1_000_000_000;

    /** How long a request may take to come, and its answer to go; and how long doing what it asks for may take. */
    public record Patience(long requestNanos, long answerNanos) {
        public static final Patience USUAL = new Patience(TimeUnit.SECONDS.toNanos(5), TimeUnit.SECONDS.toNanos(120));
    }

    private record Life(Connection.Phase phase, long until) {}

    private final AdminSocket socket;
    private final Gate gate;
    private final Dispatcher dispatcher;
    private final Consumer<Throwable> onFault;
    private final Patience patience;
    private final Selector selector;
    private final Thread thread = new Thread(this::run, NAME);
    /** In the order in which they came. */
    private final Map<Connection, Life> connections = new LinkedHashMap<>();

    private volatile boolean closed;

    private AdminServer(
            AdminSocket socket, Gate gate, Dispatcher dispatcher, Patience patience, Consumer<Throwable> onFault) {
        this.socket = socket;
        this.gate = gate;
        this.dispatcher = dispatcher;
        this.patience = patience;
        this.onFault = onFault;
        this.selector = socket.selector();
    }

    /**
     * Serves from now on.
     *
     * @param socket the server's from then on
     * @param onFault is told of what should not happen, on any thread
     */
    public static AdminServer start(
            AdminSocket socket, Gate gate, Dispatcher dispatcher, Patience patience, Consumer<Throwable> onFault) {
        AdminServer server = new AdminServer(socket, gate, dispatcher, patience, onFault);
        server.thread.setDaemon(true);
        server.thread.start();
        return server;
    }

    private void run() {
        while (!closed) {
            try {
                selector.select(cutLate());
                selector.selectedKeys().clear();
                acceptAll();
            } catch (ClosedSelectorException e) {
                return; // with the socket
            } catch (IOException | OutOfMemoryError e) {
                rest(e); // no descriptors, most likely
            }
        }
    }

    /** What cannot be done now may be done later; the selector would not wait for that. */
    private void rest(Throwable error) {
        if (closed) {
            return;
        }
        if (!(error instanceof IOException)) {
            onFault.accept(error);
        }
        try {
            Thread.sleep(REST_MILLIS);
        } catch (InterruptedException e) {
            closed = true;
        }
    }

    private void acceptAll() throws IOException {
        ServerSocketChannel listening = socket.channel();
        while (listening.isOpen()) {
            SocketChannel channel = listening.accept();
            if (channel == null) {
                return;
            }
            admit(channel);
        }
    }

    private void admit(SocketChannel channel) {
        Connection connection = new Connection(channel, gate, dispatcher, onFault, this::enter);
        if (!makeRoom(connection)) {
            connection.close();
            return;
        }
        boolean started = false;
        try {
            Thread worker = new Thread(null, () -> serve(connection), NAME + "-request", STACK);
            worker.setDaemon(true);
            worker.start();
            started = true;
        } finally {
            if (!started) { // no thread to be had
                remove(connection);
                connection.close();
            }
        }
    }

    private void serve(Connection connection) {
        try {
            connection.run();
        } finally {
            remove(connection);
        }
    }

    /** @return false when everybody who is here is being answered */
    private synchronized boolean makeRoom(Connection next) {
        if (connections.size() >= MOST) {
            Connection slowest = null;
            for (Map.Entry<Connection, Life> entry : connections.entrySet()) {
                if (entry.getValue().phase() != Connection.Phase.ANSWERING) {
                    slowest = entry.getKey();
                    break;
                }
            }
            if (slowest == null) {
                return false;
            }
            connections.remove(slowest);
            slowest.close();
        }
        connections.put(next, life(Connection.Phase.COMING));
        return true;
    }

    private synchronized void enter(Connection connection, Connection.Phase phase) {
        if (connections.replace(connection, life(phase)) != null) {
            selector.wakeup(); // its time may be up earlier than before
        }
    }

    private Life life(Connection.Phase phase) {
        boolean answering = phase == Connection.Phase.ANSWERING;
        return new Life(phase, System.nanoTime() + (answering ? patience.answerNanos() : patience.requestNanos()));
    }

    private synchronized void remove(Connection connection) {
        connections.remove(connection);
        notifyAll();
    }

    private synchronized void awaitAnswers() {
        long end = System.nanoTime() + LAST_NANOS;
        try {
            for (long left = LAST_NANOS; left > 0 && isAnswering(); left = end - System.nanoTime()) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // it is to end at once
        }
    }

    private boolean isAnswering() {
        return connections.values().stream().anyMatch(life -> life.phase() != Connection.Phase.COMING);
    }

    /**
     * Ends those whose time is up.
     *
     * @return milliseconds until the next one's is; 0 when nobody is here
     */
    private synchronized long cutLate() {
        long now = System.nanoTime();
        long next = Long.MAX_VALUE;
        for (Iterator<Map.Entry<Connection, Life>> all = connections.entrySet().iterator(); all.hasNext(); ) {
            Map.Entry<Connection, Life> entry = all.next();
            long left = entry.getValue().until() - now;
            if (left <= 0) {
                entry.getKey().close();
                all.remove();
            } else {
                next = Math.min(next, left);
            }
        }
        return next == Long.MAX_VALUE ? 0 : TimeUnit.NANOSECONDS.toMillis(next) + 1;
    }

    /** Accepts nobody any more, and lets those who are here be answered in their time. */
    public void stopAccepting() {
        socket.stopListening();
    }

    /** The same, for a second at most, and cuts them. What ends the process, such as the end of its last session, has its answer. */
    @Override
    public void close() {
        socket.stopListening();
        awaitAnswers();
        closed = true;
        socket.close();
        synchronized (this) {
            connections.keySet().forEach(Connection::close);
            connections.clear();
        }
    }
}
