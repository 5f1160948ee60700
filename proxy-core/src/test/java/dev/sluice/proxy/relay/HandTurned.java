package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.linux.Epoll;
import dev.sluice.proxy.config.BufferSettings;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.loop.Turns;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.ListenerStats;
import dev.sluice.proxy.stats.SessionRecord;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.LoopRig;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.Stream;
import java.util.concurrent.atomic.AtomicInteger;

/** Sessions on a loop that the test turns by hand. */
final class HandTurned implements AutoCloseable {
    /** Both ends of a session, and its own sockets. */
    record Link(Conn client, Conn server, int clientSide, int upstreamSide) {}

    final LoopRig rig = new LoopRig(1);
    private final Net net;
    private final SessionPolicy policy;
    private final AtomicInteger load = new AtomicInteger();
    private final RelayContext context;
    private final ListenerStats listener = new ListenerStats("test", 1);

    /**
     * @param gatherNanos how long a stream may gather, 0 = not at all
     */
    HandTurned(Net net, RelayMode relay, long gatherNanos) {
        this.net = net;
        policy = new SessionPolicy("test", relay, 0, 0, 1_000_000_000, gatherNanos, 0, false, 0, TcpSettings.DEFAULTS);
        context = new RelayContext(
                rig.kernel, rig.loop(), rig.observer, load, new DescriptorBudget(1000), BufferSettings.DEFAULTS, 1);
    }

    /** A session that has nothing to do. */
    Link open() {
        int accepting = net.listen(Net.LOOPBACK, 2);
        int client = net.connect(net.nameOf(accepting));
        int clientSide = net.accept(accepting);
        int upstreamSide = net.connect(net.nameOf(accepting));
        int server = net.accept(accepting);
        net.close(accepting);
        net.forget(clientSide);
        net.forget(upstreamSide);
        int slot = rig.loop().attach((tag, events) -> {});
        assertEquals(0, rig.loop().watch(slot, Session.CLIENT, clientSide, Session.EVENTS));
        assertEquals(0, rig.loop().watch(slot, Session.UPSTREAM, upstreamSide, Session.EVENTS));
        load.incrementAndGet();
        rig.loop().stats().add(Counter.ACTIVE, 1);
        Session.start(
                context,
                policy,
                new Session.Connected(
                        slot,
                        clientSide,
                        Epoll.OUT,
                        upstreamSide,
                        Epoll.OUT,
                        net.nameOf(server),
                        new SessionRecord(
                                1,
                                net.nameOf(client),
                                new SessionRecord.Common("test", "test", policy.relay()),
                                rig.loop().now()),
                        listener.row(0),
                        Session.NOTHING_AT_END));
        Stream up = Stream.fresh();
        Stream down = Stream.fresh();
        Link link =
                new Link(new Conn(net, client, up, down), new Conn(net, server, down, up), clientSide, upstreamSide);
        turns(3);
        return link;
    }

    /** So many, none of which waits. */
    void turns(int count) {
        for (int i = 0; i < count; i++) {
            Turns.one(rig.loop());
        }
    }

    /** Sends bytes to the proxy's socket, and returns when all are there: so epoll has them, behind what was sent before. */
    void send(Conn from, int to, int bytes) {
        assertEquals(bytes, from.write(bytes));
        ProxyRig.await("the bytes", () -> net.kernel.bytesReadable(to) == bytes);
    }

    /** The same, and then across to the other end, by turns. */
    void relay(Conn from, int via, Conn to, int bytes) {
        send(from, via, bytes);
        long all = to.received + bytes;
        rig.until("the bytes at the other end", () -> {
            to.read(all - to.received);
            return to.received == all;
        });
        turns(3);
    }

    @Override
    public void close() {
        rig.stop();
        context.close();
        rig.close();
        assertEquals(0, load.get());
    }
}
