package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.proxy.config.BufferSettings;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Handler;
import dev.sluice.proxy.loop.Spin;
import dev.sluice.proxy.loop.Turns;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.ListenerStats;
import dev.sluice.proxy.stats.LoopStats;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.stats.SessionRecord;
import dev.sluice.proxy.stats.SessionReport;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.ScriptedKernel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A session on a loop that the test turns by hand: what it starts from, and what it leaves, whatever happens. */
class SessionStartTest extends RealSockets {
    private static final SessionPolicy POLICY =
            new SessionPolicy("test", RelayMode.SPLICE, 0, 0, 1_000_000_000, 0, 0, false, 0, TcpSettings.DEFAULTS);

    private final Script script = new Script();
    private final LoopStats stats = new LoopStats();
    private final AtomicInteger load = new AtomicInteger();
    private final AtomicInteger atEnd = new AtomicInteger();
    private final List<SessionEnd> ends = new ArrayList<>();
    private int reports;
    private boolean observerFails;
    private boolean atEndFails;
    private Kernel kernel;
    private EventLoop loop;
    private RelayContext context;
    private int client;
    private int server;
    private int clientSide;
    private int upstreamSide;
    private int slot;

    @BeforeEach
    void open() {
        kernel = new ScriptedKernel(LinuxKernel.open(), script);
        ProxyObserver observer = new ProxyObserver() {
            @Override
            public void sessionEnded(SessionEnd end) {
                ends.add(end);
                if (observerFails) {
                    throw new OutOfMemoryError("scripted");
                }
            }

            @Override
            public void sessionReported(SessionReport report) {
                reports++;
                throw new OutOfMemoryError("scripted");
            }

            @Override
            public void warning(String text) {}
        };
        loop = new EventLoop(kernel, LinuxKernel::open, stats, observer, Spin.NONE);
        context =
                new RelayContext(kernel, loop, observer, load, new DescriptorBudget(1000), BufferSettings.DEFAULTS, 1);
        int listener = net.listen(Net.LOOPBACK, 2);
        client = net.connect(net.nameOf(listener));
        clientSide = net.accept(listener);
        upstreamSide = net.connect(net.nameOf(listener));
        server = net.accept(listener);
        // The session's from here on.
        net.forget(clientSide);
        net.forget(upstreamSide);
        slot = loop.attach(new Handler() {
            @Override
            public void onEvents(int tag, int events) {
                throw new AssertionError("the slot is the session's");
            }
        });
        assertEquals(0, loop.watch(slot, Session.CLIENT, clientSide, Session.EVENTS));
        assertEquals(0, loop.watch(slot, Session.UPSTREAM, upstreamSide, Session.EVENTS));
        load.incrementAndGet();
        stats.add(Counter.ACTIVE, 1);
    }

    @AfterEach
    void everythingIsGivenBackOnce() {
        assertEquals(1, atEnd.get(), "what is to be run at the end, once");
        assertEquals(0, load.get());
        assertEquals(0, stats.get(Counter.ACTIVE));
        assertEquals(-Errno.EBADF, net.kernel.shutdown(clientSide, 2));
        assertEquals(-Errno.EBADF, net.kernel.shutdown(upstreamSide, 2));
        assertEquals(slot, loop.attach((tag, events) -> {}), "the slot is free");
        context.close();
        loop.close();
        kernel.close();
    }

    private void start(SessionPolicy policy, int clientEvents) {
        Session.start(
                context,
                policy,
                new Session.Connected(
                        slot,
                        clientSide,
                        clientEvents,
                        upstreamSide,
                        Epoll.OUT,
                        net.nameOf(server),
                        new SessionRecord(
                                1,
                                net.nameOf(client),
                                new SessionRecord.Common("test", "test", policy.relay()),
                                loop.now()),
                        new ListenerStats("test", 1).row(0),
                        this::ended));
    }

    private void ended() {
        atEnd.incrementAndGet();
        if (atEndFails) {
            throw new OutOfMemoryError("scripted");
        }
    }

    private void start() {
        start(POLICY, Epoll.OUT);
    }

    private void turns() {
        for (int i = 0; i < 10; i++) {
            Turns.one(loop);
        }
    }

    /** That it has begun cannot be told for want of memory: it begins all the same. */
    @Test
    void aReportIsNotWorthASession() {
        start(
                new SessionPolicy("test", RelayMode.SPLICE, 0, 0, 1_000_000_000, 0, 0, true, 0, TcpSettings.DEFAULTS),
                Epoll.OUT);
        assertEquals(1, reports);
        assertEquals(100, net.kernel.send(client, net.buffer, 0, 100, 0));
        turns();
        assertEquals(100, net.kernel.recv(server, net.buffer, 0, 1000, 0));
        end();
    }

    /** What epoll has told before is not told again: the session goes by it at once. */
    @Test
    void goesByWhatEpollHasToldAlready() {
        assertEquals(100, net.kernel.send(client, net.buffer, 0, 100, 0));
        net.await(clientSide, Epoll.IN, 1000);
        start(POLICY, Epoll.IN | Epoll.OUT);
        assertEquals(100, net.kernel.recv(server, net.buffer, 0, 1000, 0), "before the loop has turned");
        end();
    }

    private void end() {
        net.close(client);
        net.close(server);
        turns();
    }

    @Test
    void endsInOrder() {
        start();
        assertEquals(0, atEnd.get());
        end();
        assertEquals(1, ends.size());
    }

    @Test
    void endsByReset() {
        start();
        net.reset(client);
        turns();
        assertEquals(EndCause.CLIENT_RESET, ends.getFirst().cause());
    }

    @Test
    void endsWithTheLoop() {
        start();
        loop.post(loop::stop);
        loop.run();
        assertEquals(EndCause.DRAINED, ends.getFirst().cause());
    }

    @Test
    void endsWithABug() {
        start();
        script.once(Call.SPLICE_IN, 1, Fault.bug());
        net.kernel.send(client, net.buffer, 0, 100, 0);
        turns();
        assertEquals(EndCause.INTERNAL_ERROR, ends.getFirst().cause());
    }

    @Test
    void endsThoughNobodyCanBeTold() {
        observerFails = true;
        start();
        end();
        assertEquals(1, ends.size());
    }

    @Test
    void endsThoughWhatIsToBeRunFails() {
        atEndFails = true;
        start();
        end();
        assertEquals(1, ends.size());
    }

    @Test
    void endsBeforeItBegins() {
        script.always(Call.SPLICE_IN, Fault.outOfMemory());
        assertThrows(OutOfMemoryError.class, () -> start(POLICY, Epoll.IN | Epoll.OUT));
        assertEquals(EndCause.INTERNAL_ERROR, ends.getFirst().cause());
    }

    /** Here the relay cannot be chosen, because there is none; in earnest, there would be no memory for a session. */
    @Test
    @SuppressWarnings("NullAway")
    void isNeverThere() {
        RelayMode none = null;
        assertThrows(
                NullPointerException.class,
                () -> start(
                        new SessionPolicy("test", none, 0, 0, 1, 0, 0, false, 0, TcpSettings.DEFAULTS),
                        Epoll.IN | Epoll.OUT));
        assertEquals(0, ends.size());
        assertEquals(Errno.ECONNRESET, -net.kernel.recv(server, net.buffer, 0, 1, 0));
    }
}
