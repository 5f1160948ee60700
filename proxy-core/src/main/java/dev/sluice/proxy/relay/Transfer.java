package dev.sluice.proxy.relay;

import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.Sockets;
import dev.sluice.linux.TcpInfo;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.loop.TcpOptions;
import dev.sluice.proxy.stats.ListenerStats;
import dev.sluice.proxy.stats.SessionRecord;
import org.jspecify.annotations.Nullable;

/**
 * What moves the bytes of a session: its two sides, a flow each way between them, and whether a stream gathers. The session asks
 * for a turn, and is told what came of it; phases, deadlines and the end are the session's.
 */
final class Transfer {
    /** Has the loop's context as well: a session must stay small. */
    private final Session session;

    /** From the client's side to the upstream's, and back: so they have the sides. */
    private final Flow up;

    private final Flow down;
    private final ListenerStats.Row row;
    private @Nullable Gathering gathering;

    Transfer(RelayContext context, Session session, SessionPolicy policy, Session.Connected sockets) {
        this.session = session;
        this.row = sockets.row();
        int clientFamily = sockets.record().client().family();
        int upstreamFamily = sockets.upstreamAddress().family();
        Side client = new Side(sockets.clientFd(), clientFamily, sockets.clientEvents());
        Side upstream = new Side(sockets.upstreamFd(), upstreamFamily, sockets.upstreamEvents()).withNagle();
        ConduitChoice choice = context.choice(policy.relay());
        this.up = new Flow(choice, context.copy(), client, upstream);
        this.down = new Flow(choice, context.copy(), upstream, client);
    }

    /**
     * One turn of each flow.
     *
     * @param gatherNanos how long a long stream may gather; 0 = not at all
     * @return whether a byte moved; what broke is in the sides' {@code failure}
     */
    boolean pump(long gatherNanos) {
        long movedUp = up.pump(session.context, row, true);
        long movedDown = down.pump(session.context, row, false);
        settleDoubt(client(), Session.CLIENT);
        settleDoubt(upstream(), Session.UPSTREAM);
        if (movedUp + movedDown == 0) {
            return false;
        }
        if (movedUp != 0 && movedUp == up.delivered()) {
            session.firstBytes(true);
        }
        if (movedDown != 0 && movedDown == down.delivered()) {
            session.firstBytes(false);
        }
        if (gathering != null) {
            gathering.moved(up, movedUp, down, movedDown, session.context.loop().now());
        } else if (gatherNanos > 0 && up.delivered() + down.delivered() >= Gathering.WORTH) {
            gathering = new Gathering(session.context, session, this, gatherNanos);
        }
        return true;
    }

    /** A write found no room, and epoll had told of some: if there is, it tells so again. */
    private void settleDoubt(Side side, int tag) {
        if (side.takeDoubt()) {
            int watched = session.context.loop().watchAgain(session.slot, tag, side.fd, Side.EVENTS);
            if (watched < 0) {
                side.fail(-watched);
            }
        }
    }

    /** Whether a further turn would find something to do, as far as is known without an event. */
    boolean canGoOn() {
        return up.canGoOn() || down.canGoOn();
    }

    /**
     * Whether events are of a stream, as far as the last bytes tell of the flow that they let go on: what the other one carries says
     * nothing, for a large answer is followed by a small request.
     */
    boolean isOfStream(Side side, int events) {
        boolean readable = (events & Epoll.IN) != 0;
        return (readable == (side == client()) ? up : down).isStream();
    }

    /** There may be bytes that no event tells of. */
    void lookAt(Flow flow) {
        flow.source.ready(Epoll.IN);
        session.goOn();
    }

    Side client() {
        return up.source;
    }

    Side upstream() {
        return up.sink;
    }

    /** Where its bytes are counted. */
    ListenerStats.Row row() {
        return row;
    }

    Side side(int tag) {
        return tag == Session.CLIENT ? client() : upstream();
    }

    Side other(Side side) {
        return side == client() ? upstream() : client();
    }

    /** Has the kernel find out when the upstream has vanished. A unix socket tells at once. */
    void keepUpstreamAlive(TcpSettings settings) {
        if (!upstream().isUnix()) {
            TcpOptions.keepAlive(session.context.kernel(), upstream().fd, settings);
        }
    }

    /**
     * Asks the kernel what it has measured of the upstream's connection; of a unix socket there is nothing.
     *
     * @param record remembers it, and so which retransmits were told before
     * @param counts is told of what is new
     */
    void measure(SessionRecord record, Session.AtEnd counts) {
        Side upstream = upstream();
        long info =
                upstream.isUnix() ? -Errno.EOPNOTSUPP : session.context.kernel().tcpInfo(upstream.fd);
        if (info >= 0) {
            int before = Math.max(0, record.retransmits());
            int rtt = TcpInfo.rttMicros(info);
            int retransmits = TcpInfo.retransmits(info);
            record.path(rtt == 0 ? -1 : rtt, retransmits);
            counts.measured(rtt, retransmits - before);
        }
    }

    /** A flow that is held up does not read and so does not find the error; it must be known all the same. */
    void askError(Side side) {
        int error = session.context.kernel().getsockopt(side.fd, Sockets.SOL_SOCKET, Sockets.SO_ERROR);
        side.fail(error > 0 ? error : Errno.ECONNRESET);
    }

    /** The side that is broken, the client's first; null while both are whole. */
    @Nullable
    Side broken() {
        Side client = client();
        Side upstream = upstream();
        return client.failure != 0 ? client : upstream.failure != 0 ? upstream : null;
    }

    /** Drops what was on its way to a side that is broken. */
    void dropTo(Side broken) {
        (broken == client() ? down : up).abort();
    }

    /** Whether nothing that came from this side is on its way any more. */
    boolean isOverFrom(Side side) {
        return (side == client() ? up : down).isOver();
    }

    /** Whether both directions are over. */
    boolean isOver() {
        return up.isOver() && down.isOver();
    }

    /** Whether both streams were given over to their ends. */
    boolean isInOrder() {
        return up.isFinished() && down.isFinished() && broken() == null;
    }

    /** Bytes given to the upstream. */
    long up() {
        return up.delivered();
    }

    /** Bytes given to the client. */
    long down() {
        return down.delivered();
    }

    /** Of both, bytes that stayed in the kernel. */
    long spliced() {
        return up.spliced() + down.spliced();
    }

    /**
     * Drops what is on its way and closes both sockets.
     *
     * @param inOrder with a FIN, else with a reset
     */
    void close(boolean inOrder) {
        try {
            drop();
        } finally {
            try {
                close(upstream(), inOrder);
            } finally {
                close(client(), inOrder);
            }
        }
    }

    private void drop() {
        if (gathering != null) {
            session.context.loop().cancel(gathering);
        }
        try {
            up.abort();
        } finally {
            down.abort();
        }
    }

    private void close(Side side, boolean inOrder) {
        Kernel kernel = session.context.kernel();
        boolean gone = side.failure == Errno.ECONNRESET || side.failure == Errno.EPIPE;
        if (inOrder || gone) {
            kernel.close(side.fd);
        } else {
            kernel.closeWithReset(side.fd);
        }
    }
}
