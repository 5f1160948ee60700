package dev.sluice.proxy.arrive;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.proxy.listen.Acceptor;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Handler;
import dev.sluice.proxy.relay.Connection;
import dev.sluice.proxy.relay.Session;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.LiveSession;
import dev.sluice.proxy.stats.Refusal;
import dev.sluice.proxy.stats.SessionRecord;
import dev.sluice.proxy.stats.SessionSnapshot;
import dev.sluice.proxy.upstream.Connector;
import dev.sluice.proxy.upstream.Endpoint;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An accepted client on its way to a session: it owns the client's descriptor and the slot from the beginning, on the loop that the
 * session will live on.
 *
 * <pre>
 *   accepted ──▶ preamble ──▶ balance ──▶ connect ──connected──▶ Session, which takes over slot and descriptors
 *                 │ │             └────────────┴──nobody answers, the client has left, the loop stops──▶ ended
 *                 │ └──{@link Look}: only where something is looked for in the first bytes
 *                 └──a request for every endpoint ({@link Everywhere}), no session──▶ ended
 * </pre>
 *
 * <p>The client is watched all the while, so that one that leaves is not connected any more. A reset ends the attempt at once. A FIN
 * need not mean that the client has left, since it may still want to read; but one that has sent nothing waits for an answer of the
 * upstream for {@link #LEAVING_NANOS} more, and for nothing else.
 */
final class Arrival implements Handler, Connection, Connector.Owner {
    /** How long the attempt of a client goes on that has ended, in case that it reads what the upstream says first. */
    private static final long LEAVING_NANOS = 1_000_000_000L;

    private final Reception reception;
    private final EventLoop loop;
    private final Kernel kernel;
    private final int clientFd;
    private final SessionRecord record;
    private Route route;
    private int slot = -1;
    private int clientEvents;
    private @Nullable Look look;
    private @Nullable Everywhere everywhere;
    private @Nullable Connector connector;
    /** With connectors before this one. */
    private int triesBefore;

    private long waitedBefore;
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
        this.record = new SessionRecord(reception.nextId(), client, route.common(), acceptedAt);
    }

    /** Begins. The way may be over before this returns. */
    void start() {
        slot = loop.attach(this);
        int watched = loop.watch(slot, Session.CLIENT, clientFd, Session.EVENTS);
        if (watched < 0) {
            end(EndCause.NO_RESOURCES, -watched);
            return;
        }
        Preamble preamble = route.preamble();
        if (preamble == null) {
            connect();
        } else {
            look = new Look(this, reception, preamble, clientFd);
            look.begin();
        }
    }

    private void connect() {
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
        if (over) {
            return;
        }
        Connector connecting = connector;
        if (tag == Session.UPSTREAM) {
            if (connecting != null) {
                connecting.onEvents(events);
            }
            return;
        }
        clientEvents |= events;
        if (look != null) {
            lookAgain(look);
        } else if (connecting != null && hasEnded(events)) {
            clientEnded(connecting, events);
        }
    }

    private static boolean hasEnded(int events) {
        return (events & (Epoll.RDHUP | Epoll.HUP | Epoll.ERR)) != 0;
    }

    private void lookAgain(Look looking) {
        switch (looking.onEvents(clientEvents)) {
            case WAITING -> {}
            case SILENT -> end(EndCause.CLIENT_CLOSED, 0);
            case BROKEN -> end(EndCause.CLIENT_RESET, Errno.ECONNRESET);
            case FOUND -> {
                looking.end();
                look = null;
                if (looking.step() instanceof Preamble.Step.Everywhere request) {
                    goEverywhere(looking, request.bytes());
                } else {
                    goOn();
                }
            }
        }
    }

    /** What it has sent is where it was; that it has ended is not told once more. */
    private void goOn() {
        connect();
        Connector connecting = connector;
        if (!over && connecting != null && hasEnded(clientEvents)) {
            clientEnded(connecting, clientEvents);
        }
    }

    /** It is no session. The client may leave: what it has asked for is done all the same. */
    private void goEverywhere(Look looking, int bytes) {
        LookContext looks = reception.looks();
        if (!looks.hasRoom()) {
            reception.relay().stats().increment(Counter.CANCELS_REFUSED);
            if (looks.warns(loop.now())) {
                reception
                        .relay()
                        .warn("a request to cancel a query is refused, from " + record.client() + " at listener "
                                + route.policy().listener() + ": " + LookContext.MOST_AT_ONCE
                                + " are under way on this loop");
            }
            refuse(Refusal.CANCELS);
            return;
        }
        byte[] request = looking.take(bytes);
        if (request == null) {
            end(EndCause.CLIENT_RESET, Errno.ECONNRESET);
            return;
        }
        Everywhere going = new Everywhere(this, reception, route, request);
        everywhere = going;
        looks.enter();
        reception.relay().stats().increment(Counter.CANCELS);
        going.begin();
    }

    /**
     * What it has asked for is done.
     *
     * @param failed where it could not be asked for; null when there is none
     * @param asked how many endpoints, > 0
     * @param sent bytes, to all together
     */
    void wentEverywhere(@Nullable Endpoint failed, int asked, EndCause cause, int errno, long sent) {
        record.tried(failed == null ? null : failed.address(), asked, 0);
        finish(cause, errno, sent, null);
    }

    /** It is turned away. */
    void refuse(Refusal why) {
        finish(why.cause(), 0, 0, why);
    }

    /** The time for its first bytes is up. */
    void saidTooLittle() {
        end(EndCause.IDLE_TIMEOUT, 0);
    }

    @Override
    public SessionRecord record() {
        return record;
    }

    @Override
    public LiveSession.State state() {
        return connector != null && connector.isHeld() ? LiveSession.State.HELD : LiveSession.State.ARRIVING;
    }

    @Override
    public @Nullable Address endpoint() {
        noteTries();
        return record.endpoint();
    }

    @Override
    public long moved() {
        return 0;
    }

    @Override
    public SessionSnapshot snapshot() {
        noteTries();
        return record.snapshot(loop.now(), 0, 0, 0);
    }

    /** Goes elsewhere if it is about to go there. */
    void avoid(Endpoint endpoint) {
        if (!over && connector != null) {
            connector.avoid(endpoint);
        }
    }

    /** Its listener has another upstream: if it is held for the one before, it goes there. */
    void followIfHeld() {
        Connector connecting = connector;
        if (!over && connecting != null && connecting.wasHeld() && hasMoved()) {
            connecting.cancel();
            follow();
        }
    }

    @Override
    public boolean hasMoved() {
        Route present = reception.present(route.socket());
        return present != null && present.goesElsewhere(route);
    }

    /** Goes by the present route. Nothing of it has gone anywhere yet. */
    private void follow() {
        Route present = Objects.requireNonNull(reception.present(route.socket()));
        present.taken(reception.index());
        route.left(reception.index());
        route.stats().row(reception.index()).left();
        present.stats().row(reception.index()).came();
        route = present;
        record.by(present.common());
        Connector before = connector;
        if (before != null) {
            noteTries();
            triesBefore += before.tries();
            waitedBefore += before.waitedNanos();
        }
        goOn();
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

    private void noteTries() {
        Connector connecting = connector;
        if (connecting != null) {
            Endpoint tried = connecting.endpoint();
            record.tried(
                    tried == null ? null : tried.address(),
                    triesBefore + connecting.tries(),
                    waitedBefore + connecting.waitedNanos());
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
            noteTries();
            // A new socket can be written to, whether or not epoll has told so yet.
            int known = clientEvents | Epoll.OUT;
            Session.AtEnd departure = Departure.from(endpoint, claimed, reception);
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
    public void onFailed(@Nullable Endpoint last, EndCause cause, int errno) {
        if (errno == Errno.ECANCELED) {
            clientLeft();
        } else if (hasMoved()) {
            follow();
        } else {
            end(cause, errno);
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

    @Override
    public void cut(EndCause why) {
        cut(why, 0);
    }

    private void cut(EndCause cause, int errno) {
        if (!over) {
            try {
                if (connector != null) {
                    connector.cancel();
                }
                if (everywhere != null) {
                    everywhere.cancel();
                }
            } finally {
                end(cause, errno);
            }
        }
    }

    private void end(EndCause cause, int errno) {
        noteTries();
        finish(cause, errno, 0, connector == null ? null : connector.refusal());
    }

    /**
     * A client that was never connected to anything has not seen the end of anything: a reset, not a FIN.
     *
     * @param sent bytes that have gone to upstreams
     */
    private void finish(EndCause cause, int errno, long sent, @Nullable Refusal refusal) {
        over = true;
        try {
            if (slot >= 0) {
                loop.detach(slot);
            }
            if (look != null) {
                look.end();
            }
            if (everywhere != null) {
                reception.looks().leave();
            }
            if (sent > 0) {
                kernel.close(clientFd);
            } else {
                kernel.closeWithReset(clientFd);
            }
        } finally {
            route.left(reception.index());
            reception.budget().release(Acceptor.DESCRIPTORS);
            if (refusal != null) {
                route.stats().row(reception.index()).refused(refusal);
            }
            route.stats().row(reception.index()).left();
            reception.relay().gone(); // before anything is told, which needs memory
            record.because(cause, errno);
            reception.relay().tell(record.end(loop.now(), sent, 0, 0, refusal));
        }
    }
}
