package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.ApplyException;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Traffic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A loop's thread dies of an error that no program is written for: what the others do goes on, and nobody waits for it for ever. */
class DeadLoopTest extends RealSockets {
    private static final int LOOPS = 3;
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final String CONTROL = "sluice-control";

    /** When a loop dies: with what was posted to it read, or unread. */
    enum When {
        BEFORE_IT_WAITS,
        WHEN_IT_IS_WOKEN
    }

    private final Script script = new Script();
    private final Script control = new Script();
    private int origin;
    private Layout layout = Layout.of(LOOPS);

    @BeforeEach
    void open() {
        origin = net.listen(Net.LOOPBACK, 64);
        layout = Layout.of(LOOPS)
                .upstream("origin", net.nameOf(origin))
                .listener("stays", Net.LOOPBACK, "origin")
                .listener("goes", Net.LOOPBACK, "origin");
    }

    private ProxyRig start() {
        return ProxyRig.plan(RelayMode.SPLICE).layout(layout).control(control).start(net, script);
    }

    private void kill(ProxyRig rig, String thread, When when) {
        Fault fault = when == When.BEFORE_IT_WAITS ? Fault.fatal() : Fault.fatalAfter();
        (thread.equals(CONTROL) ? control : script)
                .rule((call, count, fd) -> call == Call.EPOLL_WAIT
                                && Thread.currentThread().getName().equals(thread)
                        ? fault
                        : null);
        for (int i = 0; i < 2; i++) { // the first may find it in its sleep, before the fault
            try {
                rig.proxy.apply(layout.config());
            } catch (ApplyException e) {
                assertEquals(CONTROL, thread, e::toString);
            }
        }
        awaitDeath(thread);
    }

    private static void awaitDeath(String thread) {
        ProxyRig.await(
                "death of " + thread,
                () -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(one -> one.getName().equals(thread)));
    }

    private List<ProxyRig.Pair> open(ProxyRig rig, int sessions) {
        List<ProxyRig.Pair> pairs = new ArrayList<>();
        for (int i = 0; i < sessions; i++) {
            pairs.add(rig.open("stays", origin));
        }
        return pairs;
    }

    private static boolean drain(ProxyRig rig, Duration timeout) {
        try {
            return rig.proxy.drain(timeout);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void assertReset(ProxyRig.Pair pair) {
        for (Conn conn : pair.both()) {
            Traffic.run(net, conn.receivingAll());
            assertEquals(Errno.ECONNRESET, conn.broke);
            conn.close();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0,BEFORE_IT_WAITS",
        "1,BEFORE_IT_WAITS",
        "2,BEFORE_IT_WAITS",
        "0,WHEN_IT_IS_WOKEN",
        "1,WHEN_IT_IS_WOKEN"
    })
    void theOtherLoopsGoOn(int victim, When when) {
        try (ProxyRig rig = start()) {
            List<ProxyRig.Pair> pairs = open(rig, 2 * LOOPS);
            for (ProxyRig.Pair pair : pairs) {
                Traffic.run(net, pair.client().sending(1000), pair.server().receiving(1000));
            }
            kill(rig, "sluice-loop-" + victim, when);
            assertTrue(
                    rig.warnings.stream().anyMatch(text -> text.contains("sluice-loop-" + victim)),
                    () -> rig.warnings.toString());

            Set<Address> cut = new HashSet<>();
            for (int i = 0; i < 2; i++) {
                SessionEnd end = rig.awaitEnd();
                assertEquals(EndCause.INTERNAL_ERROR, end.cause());
                cut.add(end.session().client());
            }
            List<ProxyRig.Pair> left = new ArrayList<>();
            for (ProxyRig.Pair pair : pairs) {
                if (cut.contains(pair.client().name())) {
                    assertReset(pair);
                } else {
                    left.add(pair);
                }
            }
            assertEquals(2 * LOOPS - 2, left.size());

            // New sessions are spread over the loops that live, all of them.
            left.addAll(open(rig, 2 * LOOPS));
            Address gone = rig.address("goes");
            rig.apply(layout.without("goes").listener("comes", Net.LOOPBACK, "origin"));
            net.assertRefused(gone);
            left.add(rig.open("comes", origin));

            CompletableFuture<Boolean> drained = CompletableFuture.supplyAsync(() -> drain(rig, LONG));
            left.forEach(pair -> rig.finish(pair, 200_000, 100_000));
            assertTrue(drained.join(), "drained");
        }
    }

    /** A connection that woke the loop that dies is left to the others. */
    @Test
    void whoWokeItIsServedByAnother() {
        AtomicBoolean armed = new AtomicBoolean();
        script.rule((call, count, fd) -> call != Call.EPOLL_WAIT
                ? null
                : (length, real) -> {
                    long ready = real.applyAsLong(length);
                    if (ready > 0 && armed.getAndSet(false)) {
                        throw new Fault.Fatal();
                    }
                    return ready;
                });
        try (ProxyRig rig = start()) {
            rig.awaitQuiet();
            armed.set(true);
            ProxyRig.Pair pair = rig.open("stays", origin);
            assertFalse(armed.get());
            rig.finish(pair, 1000, 1000);
        }
    }

    /** What had been given to the loop that dies, and was not looked at yet, is cut rather than forgotten. */
    @Test
    void whoWasOnTheWayToItIsCut() {
        try (ProxyRig rig = start()) {
            // The loop that accepts gives each connection to the one with the fewest: two in a row for the others.
            List<Conn> clients = new ArrayList<>();
            Set<Conn> over = new HashSet<>();
            script.rule((call, count, fd) ->
                    call == Call.EPOLL_WAIT && Thread.currentThread().getName().equals("sluice-loop-1")
                            ? Fault.fatalAfter()
                            : null);
            for (int i = 0; i < 4 * LOOPS; i++) {
                clients.add(rig.client(rig.address("stays")));
            }
            awaitDeath("sluice-loop-1");
            // Each is served or reset.
            ProxyRig.await("an end of each", () -> {
                int fd = net.tryAccept(origin);
                if (fd >= 0) {
                    net.close(fd);
                }
                for (Conn conn : clients) {
                    conn.readRest();
                    if (conn.isOver()) {
                        over.add(conn);
                    }
                }
                return over.size() == clients.size();
            });
            clients.forEach(Conn::close);
            assertTrue(drain(rig, LONG), "drained");
        }
    }

    @ParameterizedTest
    @CsvSource({"sluice-loop-1", CONTROL})
    void itsSilenceIsNoticed(String thread) throws InterruptedException {
        try (ProxyRig rig = start()) {
            assertEquals(List.of(), rig.proxy.silentLoops(LONG));
            kill(rig, thread, When.BEFORE_IT_WAITS);
            assertEquals(List.of(thread), rig.proxy.silentLoops(LONG));
            assertEquals(List.of(thread), rig.proxy.sample(LONG).silent());
        }
    }

    @ParameterizedTest
    @CsvSource({"BEFORE_IT_WAITS", "WHEN_IT_IS_WOKEN"})
    void withoutTheControlLoopSessionsGoOnAndEnd(When when) {
        try (ProxyRig rig = start()) {
            List<ProxyRig.Pair> pairs = open(rig, LOOPS);
            kill(rig, CONTROL, when);
            assertTrue(rig.warnings.stream().anyMatch(text -> text.contains(CONTROL)), () -> rig.warnings.toString());
            pairs.addAll(open(rig, LOOPS));
            rig.refusal(layout);
            assertFalse(drain(rig, Duration.ofMillis(100)), "drained with sessions left");
            net.assertRefused(rig.address("stays"));
            net.assertRefused(rig.address("goes"));
            CompletableFuture<Boolean> drained = CompletableFuture.supplyAsync(() -> drain(rig, LONG));
            pairs.forEach(pair -> rig.finish(pair, 200_000, 100_000));
            assertTrue(drained.join(), "drained");
        }
    }

    /** Whoever waits for an answer of the control loop gets one. */
    @ParameterizedTest
    @CsvSource({"BIND", "EPOLL_WAIT"})
    void applyDoesNotWaitForAControlLoopThatDies(Call dies) {
        try (ProxyRig rig = start()) {
            control.rule((call, count, fd) -> call == dies ? Fault.fatalAfter() : null);
            layout.listener("comes", Net.LOOPBACK, "origin");
            // What was posted before it died is still read, so it may answer once or twice; but never not at all.
            ProxyRig.await("a refusal", () -> !applies(rig));
            awaitDeath(CONTROL);
        }
    }

    @Test
    void drainDoesNotWaitForAControlLoopThatDies() {
        try (ProxyRig rig = start()) {
            ProxyRig.Pair pair = rig.open("stays", origin);
            CompletableFuture<Boolean> drained = CompletableFuture.supplyAsync(() -> drain(rig, LONG));
            Address address = rig.address("stays");
            ProxyRig.await("listeners to close", () -> !net.listens(address));
            control.always(Call.EPOLL_WAIT, Fault.fatal());
            rig.finish(pair, 1000, 1000);
            assertTrue(drained.join(), "drained");
        }
    }

    @Test
    void withoutAnyLoopTheRestIsGivenBackAllTheSame() {
        try (ProxyRig rig = start()) {
            List<ProxyRig.Pair> pairs = open(rig, LOOPS);
            script.always(Call.EPOLL_WAIT, Fault.fatal());
            applies(rig); // wakes them, if nothing else has
            for (int i = 0; i < LOOPS; i++) {
                awaitDeath("sluice-loop-" + i);
            }
            pairs.forEach(this::assertReset);
            rig.refusal(layout);
            assertTrue(drain(rig, LONG), "drained");
            net.assertRefused(rig.address("stays"));
        }
    }

    /** Whether the layout is applied rather than refused. */
    private boolean applies(ProxyRig rig) {
        try {
            rig.proxy.apply(layout.config());
            return true;
        } catch (ApplyException e) {
            return false;
        }
    }
}
