package dev.sluice.proxy.testkit;

import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Spin;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.loop.Turns;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.LoopStats;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.SessionEnd;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Event loops under a {@link Script} that the test's own thread turns: nothing happens on them but while the test says so, and what happens
 * between two turns is the test's choice.
 */
public final class LoopRig implements AutoCloseable {
    private static final long TICK_NANOS = 1_000_000;

    /** Keeps a turn from waiting for ever. */
    private static final class Alarm extends Timer {
        @Override
        protected void onTimer(long now) {}
    }

    public final Script script = new Script();
    /** Of the test's thread, and so of all loops. */
    public final Kernel kernel = new ScriptedKernel(LinuxKernel.open(), script);

    public final List<EventLoop> loops = new ArrayList<>();
    public final List<SessionEnd> ends = new ArrayList<>();
    public final List<String> warnings = new ArrayList<>();

    public final ProxyObserver observer = new ProxyObserver() {
        @Override
        public void sessionEnded(SessionEnd end) {
            ends.add(end);
        }

        @Override
        public void warning(String text) {
            warnings.add(text);
        }
    };

    /**
     * @param count how many loops
     */
    public LoopRig(int count) {
        for (int i = 0; i < count; i++) {
            loops.add(new EventLoop(kernel, LinuxKernel::open, new LoopStats(), observer, Spin.NONE));
        }
    }

    /** The first loop. */
    public EventLoop loop() {
        return loops.getFirst();
    }

    /** One turn of a loop, which waits for a millisecond or two if it has nothing to do. */
    public void turn(EventLoop loop) {
        Alarm alarm = new Alarm();
        loop.schedule(alarm, System.nanoTime() + TICK_NANOS);
        Turns.turn(loop);
        loop.cancel(alarm);
    }

    /** Turns all loops until the condition holds. */
    public void until(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + Net.PATIENCE_MILLIS * 1_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline >= 0) {
                throw new AssertionError("waited in vain: " + what);
            }
            loops.forEach(this::turn);
        }
    }

    /** Turns all loops for so long. */
    public void turnFor(long millis) {
        long end = System.nanoTime() + millis * 1_000_000L;
        until("the time to pass", () -> System.nanoTime() - end >= 0);
    }

    /** A counter's sum over all loops. */
    public long get(Counter counter) {
        return loops.stream().mapToLong(loop -> loop.stats().get(counter)).sum();
    }

    /** Stops the loops: everything that is on them is told. */
    public void stop() {
        for (EventLoop loop : loops) {
            loop.stop();
            loop.run();
        }
    }

    @Override
    public void close() {
        stop();
        loops.forEach(EventLoop::close);
        kernel.close();
    }
}
