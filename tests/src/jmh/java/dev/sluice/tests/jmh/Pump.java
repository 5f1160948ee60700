package dev.sluice.tests.jmh;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.config.BufferSettings;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Spin;
import dev.sluice.proxy.loop.Turn;
import dev.sluice.proxy.relay.RelayContext;
import dev.sluice.proxy.relay.Session;
import dev.sluice.proxy.relay.SessionPolicy;
import dev.sluice.proxy.stats.ListenerStats;
import dev.sluice.proxy.stats.LoopStats;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.stats.SessionRecord;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** One message from a client through a session to its upstream: the sockets' ends and the loop are all on one thread. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class Pump {
    /** Every way there is. */
    @Param
    private RelayMode relay;

    /** Bytes of a message. */
    @Param({"64", "16384", "65536"})
    private int size;

    private LinuxKernel kernel;
    private EventLoop loop;
    private RelayContext context;
    private Loopback client;
    private Loopback upstream;
    private MemorySegment buffer;

    /** On the benchmark's thread, whose loop it is. */
    @Setup(Level.Trial)
    public void open() {
        kernel = LinuxKernel.open();
        ProxyObserver nobody = new ProxyObserver() {
            @Override
            public void sessionEnded(SessionEnd end) {
                // When the benchmark is over.
            }

            @Override
            public void warning(String text) {
                throw new IllegalStateException(text);
            }
        };
        loop = new EventLoop(kernel, LinuxKernel::open, new LoopStats(), nobody, Spin.NONE);
        context = new RelayContext(
                kernel, loop, nobody, new AtomicInteger(1), new DescriptorBudget(100), BufferSettings.DEFAULTS, 1);
        client = Loopback.connect(kernel);
        upstream = Loopback.connect(kernel);
        buffer = kernel.allocate(size);
        Address somewhere = new Address.V4(0x7f000001, 1);
        Holder holder = new Holder();
        int slot = loop.attach(holder);
        Errno.check(loop.watch(slot, Session.CLIENT, client.server(), Session.EVENTS), "epoll_ctl");
        Errno.check(loop.watch(slot, Session.UPSTREAM, upstream.client(), Session.EVENTS), "epoll_ctl");
        Session.start(
                context,
                new SessionPolicy("jmh", relay, TimeUnit.HOURS.toNanos(1), 0, 1, 0, 0, false, 0, TcpSettings.DEFAULTS),
                new Session.Connected(
                        slot,
                        client.server(),
                        Epoll.OUT,
                        upstream.client(),
                        Epoll.OUT,
                        somewhere,
                        new SessionRecord(1, somewhere, new SessionRecord.Common("jmh", "jmh", relay), loop.now()),
                        new ListenerStats("jmh", 1).row(0),
                        Session.NOTHING_AT_END));
    }

    /** Stands in the slot until the session takes it over. */
    private static final class Holder implements dev.sluice.proxy.loop.Handler {
        @Override
        public void onEvents(int tag, int events) {
            throw new IllegalStateException();
        }

        @Override
        public void onTurn() {
            throw new IllegalStateException();
        }

        @Override
        public void onStop() {
            throw new IllegalStateException();
        }

        @Override
        public void onFault() {
            throw new IllegalStateException();
        }
    }

    /** The session's own ends are closed by it. */
    @TearDown(Level.Trial)
    public void close() {
        loop.stop();
        loop.run();
        context.close();
        loop.close();
        kernel.close(client.client());
        kernel.close(upstream.server());
        kernel.close();
    }

    @Benchmark
    public int message() {
        int sent = 0;
        int received = 0;
        while (received < size) {
            if (sent < size) {
                sent += some(kernel.send(client.client(), buffer, sent, size - sent, Sockets.MSG_NOSIGNAL), "send");
            }
            Turn.of(loop);
            received += some(kernel.recv(upstream.server(), buffer, received, size - received, 0), "recv");
        }
        return received;
    }

    private static int some(long result, String call) {
        return result == -Errno.EAGAIN ? 0 : (int) Errno.check(result, call);
    }
}
