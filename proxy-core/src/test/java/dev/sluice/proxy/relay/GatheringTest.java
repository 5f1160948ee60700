package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Errno;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.loop.Handler;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Traffic;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A long stream that runs one way is left to gather; nothing else is, and nothing stays behind. */
class GatheringTest extends RealSockets {
    /** As long as it can be, so that this thread does not look like a pause. */
    private static final Duration DELAY = Duration.ofMillis(100);

    private static final int LONG = 40 << 20;
    private static final int ONE_BYTE = 1;

    private final Script script = new Script();
    /** The proxy's socket that bytes came from last; it is one of this process, too. */
    private final AtomicInteger source = new AtomicInteger();

    private ProxyRig start(RelayMode relay, Duration delay) {
        watch();
        return ProxyRig.plan(relay).coalesce(delay).start(net, script);
    }

    private void watch() {
        script.witness((call, fd, result) -> {
            if ((call == Call.SPLICE_IN || call == Call.RECV) && result > 0) {
                source.set(fd);
            }
        });
    }

    private int mark(int fd) {
        return net.kernel.getsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_RCVLOWAT);
    }

    private void send(ProxyRig.Pair pair, long bytes) {
        Traffic.run(net, pair.client().sending(bytes), pair.server().receiving(bytes));
    }

    private void gather(ProxyRig rig, ProxyRig.Pair pair) {
        long before = rig.snapshot().get(Counter.COALESCED);
        send(pair, LONG);
        assertTrue(rig.snapshot().get(Counter.COALESCED) > before, "it does not gather");
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void theTailArrivesAndThenEveryByteAtOnce(RelayMode relay) {
        try (ProxyRig rig = start(relay, DELAY)) {
            ProxyRig.Pair pair = rig.open();
            gather(rig, pair);
            for (int i = 0; i < 100; i++) {
                send(pair, 1 + i * 100);
            }
            ProxyRig.await("it has given up", () -> mark(source.get()) == ONE_BYTE);
            rig.awaitQuiet();
            long before = rig.snapshot().get(Counter.TURNS);
            ProxyRig.pause(3 * DELAY.toMillis());
            long turns = rig.snapshot().get(Counter.TURNS) - before;
            assertTrue(turns <= 3, () -> turns + " turns while nothing happened");
        }
    }

    /** In the same turn: whoever may be waiting for an answer is not kept waiting for the timer. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void aByteTheOtherWayEndsIt(RelayMode relay) {
        try (ProxyRig rig = start(relay, DELAY)) {
            boolean inTime = false;
            // Where this thread is held up for so long that the timer is first, it is not the proxy's fault.
            for (int i = 0; i < 3 && !inTime; i++) {
                ProxyRig.Pair pair = rig.open();
                gather(rig, pair);
                int stream = source.get();
                AtomicInteger back = new AtomicInteger();
                AtomicInteger fell = new AtomicInteger();
                script.witness((call, fd, result) -> {
                    if (call == Call.EPOLL_WAIT) {
                        back.compareAndSet(1, 2);
                    } else if ((call == Call.SPLICE_IN || call == Call.RECV) && result > 0 && fd != stream) {
                        back.compareAndSet(0, 1);
                    } else if (call == Call.SETSOCKOPT && fd == stream && back.get() == 1) {
                        fell.incrementAndGet();
                    }
                });
                Traffic.run(net, pair.server().sending(1), pair.client().receiving(1));
                ProxyRig.await("the turn's end", () -> back.get() == 2);
                inTime = fell.get() == 1 && mark(stream) == ONE_BYTE;
                send(pair, 1);
                watch();
            }
            assertTrue(inTime, "it went on gathering");
        }
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void requestsAndResponsesDoNotGather(RelayMode relay) {
        try (ProxyRig rig = start(relay, DELAY)) {
            ProxyRig.Pair pair = rig.open();
            for (int i = 0; i < 12; i++) {
                send(pair, 4 << 20);
                Traffic.run(net, pair.server().sending(4 << 20), pair.client().receiving(4 << 20));
            }
            assertEquals(0, rig.snapshot().get(Counter.COALESCED));
        }
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void zeroIsOff(RelayMode relay) {
        try (ProxyRig rig = start(relay, Duration.ZERO)) {
            send(rig.open(), LONG);
            assertEquals(0, rig.snapshot().get(Counter.COALESCED));
        }
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void anEndAndAResetDoNotWait(RelayMode relay) {
        try (ProxyRig rig = start(relay, DELAY)) {
            ProxyRig.Pair ended = rig.open();
            gather(rig, ended);
            Traffic.run(net, ended.client().sendingAll(1000), ended.server().receivingAll());
            ProxyRig.Pair reset = rig.open();
            gather(rig, reset);
            reset.client().reset();
            ProxyRig.await("the reset", () -> rig.snapshot().get(Counter.ACTIVE) == 1);
        }
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void aSystemThatRefusesIsLeftInPeace(RelayMode relay) {
        try (ProxyRig rig = start(relay, DELAY)) {
            ProxyRig.Pair pair = rig.open();
            script.always(Call.SETSOCKOPT, Fault.error(Errno.EINVAL));
            send(pair, LONG);
            assertEquals(0, rig.snapshot().get(Counter.COALESCED));
            assertTrue(script.faults(Call.SETSOCKOPT) < 10, script::toString);
        }
    }

    /** Its turn comes late because the loop has much to do: that says nothing of the stream. */
    @Test
    void aStreamThatWaitsForItsTurnIsNotJudged() {
        int longTurns = 6;
        try (HandTurned sessions = new HandTurned(net, RelayMode.COPY, DELAY.toNanos())) {
            HandTurned.Link link = sessions.open();
            sessions.rig.until("that it gathers", () -> {
                link.client().write(Net.BUFFER);
                link.server().read(Net.BUFFER);
                return sessions.rig.get(Counter.COALESCED) == 1;
            });
            AtomicInteger left = new AtomicInteger(longTurns);
            AtomicInteger marks = new AtomicInteger();
            sessions.rig.script.witness((call, fd, result) -> {
                if (call == Call.SETSOCKOPT && fd == link.clientSide() && left.get() > 0) {
                    marks.incrementAndGet();
                }
            });
            link.client().write(Net.BUFFER);
            for (int i = 0; i < longTurns; i++) {
                sessions.rig.loop().again(new Handler() {
                    @Override
                    public void onEvents(int tag, int events) {}

                    @Override
                    public void onTurn() {
                        ProxyRig.pause(DELAY.toMillis() + 20);
                        left.decrementAndGet();
                    }
                });
            }
            sessions.rig.until("the long turns", () -> left.get() == 0);
            assertEquals(0, marks.get(), "it was judged");
        }
    }
}
