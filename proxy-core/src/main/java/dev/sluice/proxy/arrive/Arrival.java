package dev.sluice.proxy.arrive;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.proxy.listen.Acceptor;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Handler;
import dev.sluice.proxy.relay.Session;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.upstream.Connector;
import dev.sluice.proxy.upstream.Endpoint;
import org.jspecify.annotations.Nullable;

/**
 * An accepted client on its way to a session: it owns the client's descriptor and the slot from the beginning, on the loop that the
 * session will live on.
 *
 * <pre>
 *   accepted ──▶ balance ──▶ connect ──connected──▶ Session, which takes over slot and descriptors
 *                   └────────────┴──nobody answers, the client has left, the loop stops──▶ ended
 * </pre>
 *
 * <p>The client is watched all the while, so that one that leaves is not connected any more. A reset ends the attempt at once. A FIN
 * need not mean that the client has left, since it may still want to read; but one that has sent nothing waits for an answer of the
 * upstream for {@link #LEAVING_NANOS} more, and for nothing else.
 */
final class Arrival implements Handler, Connector.Owner {
    /** How long the attempt of a client goes on that has ended, in case that it reads what the upstream says first. */
    private static final long LEAVING_NANOS = 1_000_000_000L;

    private final Reception reception;
    private final Route route;
    private final EventLoop loop;
    private final Kernel kernel;
    private final int clientFd;
    private final SessionEnd.Builder record;
    private int slot = -1;
    private int clientEvents;
    private @Nullable Connector connector;
    private boolean clientReset;
    private boolean over;

    /**
     * @param clientFd accepted, non-blocking; this object's from now on
     * @param acceptedAt the loop's clock
     */
    Arrival(Reception reception, Route route, int clientFd, Address client, long acceptedAt) {
        this.reception = reception;
        this.route = route;
        this.loop = reception.loop();
        this.kernel = reception.kernel();
        this.clientFd = clientFd;
        this.record = new SessionEnd.Builder(
                route.policy().listener(), client, route.policy().relay(), acceptedAt);
    }

    /** Begins. The way may be over before this returns. */
    void start() {
        slot = loop.attach(this);
        int watched = loop.watch(slot, Session.CLIENT, clientFd, Session.EVENTS);
        if (watched < 0) {
            end(EndCause.NO_RESOURCES, -watched);
            return;
        }
        connector = new Connector(
                reception.connect(),
                this,
                slot,
                Session.UPSTREAM,
                Session.EVENTS,
                route.upstream(),
                record.client(),
                route.connect());
        connector.start();
    }

    @Override
    public void onEvents(int tag, int events) {
        Connector connecting = connector;
        if (over || connecting == null) {
            return;
        }
        if (tag == Session.UPSTREAM) {
            connecting.onEvents(events);
            return;
        }
        clientEvents |= events;
        if ((events & (Epoll.RDHUP | Epoll.HUP | Epoll.ERR)) != 0) {
            clientEnded(connecting, events);
        }
    }

    /** Goes elsewhere if it is about to go there. */
    void avoid(Endpoint endpoint) {
        if (!over && connector != null) {
            connector.avoid(endpoint);
        }
    }

    /** The client sends nothing any more. What it has sent is delivered, if that can be done. */
    private void clientEnded(Connector connecting, int events) {
        clientReset = (events & Epoll.ERR) != 0;
        boolean silent = kernel.bytesReadable(clientFd) <= 0;
        if (!silent && !clientReset) {
            return; // a request in one piece with its end
        }
        if ((silent && clientReset) || connecting.isWaiting()) {
            connecting.cancel();
            clientLeft();
        } else {
            connecting.hurry(loop.now() + LEAVING_NANOS);
        }
    }

    private void clientLeft() {
        if (clientReset) {
            end(EndCause.CLIENT_RESET, Errno.ECONNRESET);
        } else {
            end(EndCause.CLIENT_CLOSED, 0);
        }
    }

    @Override
    public void onConnected(Endpoint endpoint, int fd, int events) {
        Session.Connected sockets;
        boolean claimed = connector != null && connector.isClaimed();
        try {
            // A new socket can be written to, whether or not epoll has told so yet.
            int known = clientEvents | Epoll.OUT;
            Session.AtEnd departure = reception.departure(route, endpoint, claimed);
            sockets = new Session.Connected(
                    slot,
                    clientFd,
                    known,
                    fd,
                    events,
                    endpoint.address(),
                    record,
                    route.stats().row(reception.index()),
                    departure);
        } catch (OutOfMemoryError e) {
            kernel.closeWithReset(fd);
            endpoint.leave(reception.index(), claimed);
            throw e; // and this ends with onFault
        }
        over = true;
        route.left(reception.index());
        Session.start(reception.relay(), route.policy(), sockets);
    }

    @Override
    public void onFailed(@Nullable Endpoint last, int errno) {
        if (errno == Errno.ECANCELED) {
            clientLeft();
        } else {
            end(EndCause.ofConnect(errno), errno);
        }
    }

    @Override
    public void onStop() {
        cut(EndCause.DRAINED, Errno.ECONNABORTED);
    }

    @Override
    public void onFault() {
        cut(EndCause.INTERNAL_ERROR, Errno.EIO);
    }

    private void cut(EndCause cause, int errno) {
        if (!over) {
            try {
                if (connector != null) {
                    connector.cancel();
                }
            } finally {
                end(cause, errno);
            }
        }
    }

    /** A client that was never connected to anything has not seen the end of anything: a reset, not a FIN. */
    private void end(EndCause cause, int errno) {
        over = true;
        try {
            if (slot >= 0) {
                loop.detach(slot);
            }
            kernel.closeWithReset(clientFd);
        } finally {
            route.left(reception.index());
            reception.budget().release(Acceptor.DESCRIPTORS);
            reception.relay().gone(); // before anything is told, which needs memory
            Endpoint tried = connector == null ? null : connector.endpoint();
            record.tried(tried == null ? null : tried.address()).because(cause, errno);
            reception.relay().tell(record.end(loop.now(), 0, 0, 0));
        }
    }
}
