package dev.sluice.cli.bench.load;

import dev.sluice.linux.Epoll;
import dev.sluice.linux.EpollEvents;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.TimerDescriptor;
import java.lang.foreign.MemorySegment;

/**
 * Makes the traffic of one job after the other, on the thread of its kernel.
 *
 * <pre>
 * connect → ramp → window, in which it counts → tail, until told to stop
 * </pre>
 *
 * The tail keeps the traffic flowing until the process that measures the proxy has taken its reading, as it did at the window's
 * start.
 */
final class Engine implements AutoCloseable {
    private static final int EVENTS = 512;
    private static final int WAIT_MILLIS = 20;
    private static final long TIMER = Long.MAX_VALUE;
    private static final long PATIENCE_NANOS = 10_000_000_000L;
    private static final long TAIL_NANOS = 2_000_000_000L;

    /** Is told when counting begins and ends. */
    interface Control {
        void windowBegins();

        void windowEnds();

        /** Whether the traffic is to end, once the window is over. */
        boolean stopped();
    }

    private final Kernel kernel;
    private final int epoll;
    private final EpollEvents events;
    private final TimerDescriptor timer;
    private final MemorySegment expirations;
    private final MemorySegment out;
    private final MemorySegment in;

    Engine(Kernel kernel) {
        this.kernel = kernel;
        this.epoll = Errno.check(kernel.epollCreate(), "epoll_create1");
        this.events = new EpollEvents(kernel, EVENTS);
        this.timer = new TimerDescriptor(kernel);
        Errno.check(kernel.epollCtl(epoll, Epoll.ADD, timer.descriptor(), Epoll.IN, TIMER), "epoll_ctl");
        this.expirations = kernel.allocate(Long.BYTES);
        this.out = kernel.allocate(Links.BUFFER);
        this.in = kernel.allocate(Links.BUFFER);
    }

    /**
     * Does a job.
     *
     * @throws TrafficException when it cannot be done
     */
    Outcome run(Job job, Control control) {
        try (Links links = new Links(kernel, epoll, out, in, job.to(), 0, job.connections());
                Links streams = new Links(kernel, epoll, out, in, job.to(), links.count(), job.streams())) {
            Traffic traffic = traffic(job, links, streams);
            traffic.start();
            long patience = System.nanoTime() + PATIENCE_NANOS;
            while (!traffic.connected()) {
                if (turn(traffic) > patience) {
                    throw new TrafficException(
                            "not all connections answer within " + PATIENCE_NANOS / 1_000_000_000L + " s");
                }
            }
            long begin = flow(traffic, System.nanoTime() + job.rampMillis() * 1_000_000);
            return count(traffic, job, begin, control);
        }
    }

    private static Traffic traffic(Job job, Links links, Links streams) {
        return switch (job.kind()) {
            case BULK_DOWN, BULK_UP, BULK_BOTH -> new BulkTraffic(links, job.kind());
            case PING -> new PingTraffic(links, job.size(), job.rate());
            case CHURN -> new ChurnTraffic(links);
            case IDLE -> new IdleTraffic(links);
            case MIXED -> new MixedTraffic(links, streams, job.size(), job.rate());
        };
    }

    private Outcome count(Traffic traffic, Job job, long begin, Control control) {
        long operations = job.kind() == Kind.IDLE ? 0 : traffic.operations; // sessions were opened before
        long bytes = traffic.bytes();
        long failures = traffic.failures;
        traffic.recordFrom = begin;
        control.windowBegins();
        long end = flow(traffic, begin + job.windowMillis() * 1_000_000);
        operations = traffic.operations - operations;
        bytes = traffic.bytes() - bytes;
        failures = traffic.failures - failures;
        traffic.onEnd(end);
        traffic.recordFrom = Long.MAX_VALUE;
        control.windowEnds();
        for (long tail = end + TAIL_NANOS; !control.stopped() && turn(traffic) < tail; ) {}
        Latency latency = traffic.latency;
        return new Outcome(
                end - begin,
                bytes,
                operations,
                failures,
                latency.percentile(50),
                latency.percentile(90),
                latency.percentile(99),
                latency.percentile(99.9),
                latency.percentile(100));
    }

    private long flow(Traffic traffic, long until) {
        long now = System.nanoTime();
        while (now < until) {
            now = turn(traffic);
        }
        return now;
    }

    /** Sends what is due, waits for events, and handles them. Returns the time after that. */
    private long turn(Traffic traffic) {
        long due = traffic.onTime(System.nanoTime());
        if (due != Long.MAX_VALUE) {
            timer.set(due);
        }
        int count = kernel.epollWait(epoll, events, WAIT_MILLIS);
        for (int i = 0; i < count; i++) {
            long link = events.data(i);
            if (link == TIMER) {
                kernel.read(timer.descriptor(), expirations, 0, Long.BYTES);
            } else {
                traffic.onEvents((int) link, events.events(i));
            }
        }
        return System.nanoTime();
    }

    @Override
    public void close() {
        kernel.close(timer.descriptor());
        kernel.close(epoll);
    }
}
