package dev.sluice.tests.jmh;

import dev.sluice.linux.Epoll;
import dev.sluice.linux.EpollEvents;
import dev.sluice.linux.Errno;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.linux.Pipes;
import dev.sluice.linux.Sockets;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The wrappers of the calls that a relay makes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SystemCalls {
    private static final int MESSAGE = 64;

    private LinuxKernel kernel;
    private Loopback tcp;
    private long pipe;
    private int epoll;
    private EpollEvents events;
    private MemorySegment buffer;

    /** On the benchmark's thread, whose kernel it is. */
    @Setup(Level.Trial)
    public void open() {
        kernel = LinuxKernel.open();
        tcp = Loopback.connect(kernel);
        pipe = Errno.check(kernel.pipe(), "pipe2");
        epoll = Errno.check(kernel.epollCreate(), "epoll_create1");
        events = new EpollEvents(kernel, 16);
        Errno.check(kernel.epollCtl(epoll, Epoll.ADD, tcp.client(), Epoll.OUT, 1), "epoll_ctl");
        buffer = kernel.allocate(MESSAGE);
    }

    @TearDown(Level.Trial)
    public void close() {
        tcp.close(kernel);
        kernel.close(Pipes.readEnd(pipe));
        kernel.close(Pipes.writeEnd(pipe));
        kernel.close(epoll);
        kernel.close();
    }

    /** The cheapest answer: there is nothing to read. */
    @Benchmark
    public long recvOfNothing() {
        return kernel.recv(tcp.server(), buffer, 0, MESSAGE, 0);
    }

    @Benchmark
    public long epollWaitWithOneEvent() {
        return kernel.epollWait(epoll, events, 0) + events.data(0);
    }

    @Benchmark
    public long writeAndReadAPipe() {
        return kernel.write(Pipes.writeEnd(pipe), buffer, 0, MESSAGE)
                + kernel.read(Pipes.readEnd(pipe), buffer, 0, MESSAGE);
    }

    @Benchmark
    public long sendAndRecv() {
        return kernel.send(tcp.client(), buffer, 0, MESSAGE, Sockets.MSG_NOSIGNAL)
                + kernel.recv(tcp.server(), buffer, 0, MESSAGE, 0);
    }

    /** Round: memory, pipe, socket, pipe, memory. */
    @Benchmark
    public long spliceToASocketAndBack() {
        kernel.write(Pipes.writeEnd(pipe), buffer, 0, MESSAGE);
        long out = kernel.splice(Pipes.readEnd(pipe), tcp.client(), MESSAGE, Pipes.SPLICE_F_NONBLOCK);
        long in = kernel.splice(tcp.server(), Pipes.writeEnd(pipe), Pipes.MAX_SPLICE, Pipes.SPLICE_F_NONBLOCK);
        return out + in + kernel.read(Pipes.readEnd(pipe), buffer, 0, MESSAGE);
    }
}
