package dev.sluice.proxy.health;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.config.HealthConfig;
import dev.sluice.proxy.health.dialogue.Verdict;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.LeakCheck.Descriptors;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.TalkingServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** When an endpoint is asked, and that it goes on being asked. */
class MonitorTest extends RealSockets {
    private static final HealthConfig REDIS = HealthConfig.of(new HealthCheck.Redis())
            .withInterval(Duration.ofMillis(40))
            .withTimeout(Duration.ofMillis(200));

    private final ProbeRig rig = new ProbeRig();
    private final List<Verdict> told = new ArrayList<>();

    @AfterEach
    void close() {
        rig.close();
    }

    private Monitor monitor(TalkingServer server, HealthConfig config) {
        return new Monitor(rig.context, server.address(), config, (verdict, nanos) -> {
            told.add(verdict);
        });
    }

    private static void pong(java.net.Socket socket) throws java.io.IOException {
        TalkingServer.hear(socket, 14);
        TalkingServer.say(socket, "+PONG\r\n");
    }

    /** How long so many checks take at least, when the random number is always the same; timers never fire early. */
    private long nanosOfChecks(int count, double random) {
        try (ProbeRig own = new ProbeRig(() -> random >= 1 ? -1L : (long) (random * Long.MAX_VALUE));
                TalkingServer server = new TalkingServer(MonitorTest::pong)) {
            List<Long> starts = new ArrayList<>();
            own.loops.script.witness((call, fd, result) -> {
                if (call == Call.SOCKET) {
                    starts.add(System.nanoTime());
                }
            });
            Monitor monitor = new Monitor(own.context, server.address(), REDIS, (verdict, nanos) -> {});
            monitor.start(0);
            own.loops.until("checks", () -> starts.size() > count);
            monitor.stop();
            return starts.getLast() - starts.getFirst();
        }
    }

    @Test
    void asksEveryIntervalGiveOrTakeATenth() {
        long interval = REDIS.interval().toNanos();
        assertTrue(nanosOfChecks(8, 1) > 8.5 * interval, "a tenth longer");
        assertTrue(nanosOfChecks(8, 0) > 7 * interval, "a tenth shorter, and no more");
    }

    @Test
    void asksOnceAtATimeHoweverLongThatTakes() {
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        try (TalkingServer server = new TalkingServer(socket -> {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            TalkingServer.hear(socket, 14);
            ProxyRig.pause(80);
            now.decrementAndGet(); // before the answer: the next one may come right behind it
            TalkingServer.say(socket, "+PONG\r\n");
        })) {
            Monitor monitor = monitor(server, REDIS.withInterval(Duration.ofMillis(10)));
            monitor.start(0);
            rig.loops.until("checks", () -> told.size() >= 5);
            monitor.stop();
            assertEquals(1, most.get());
        }
    }

    @Test
    void oneThatIsStoppedAsksNoMore() {
        try (TalkingServer server = new TalkingServer(TalkingServer::silence)) {
            Monitor monitor = monitor(server, REDIS);
            monitor.start(0);
            rig.loops.until("a check", () -> server.accepted() == 1);
            Descriptors before = Descriptors.open();
            monitor.stop();
            rig.loops.turnFor(300);
            assertEquals(List.of(), told);
            assertEquals(1, server.accepted());
            assertEquals(ProbeRig.DESCRIPTORS, rig.budget.available());
            assertEquals(Map.of(), before.leftOpen());
        }
    }

    /** Whatever goes wrong with one check, there is another, and nothing of the first is left. */
    @TestFactory
    Stream<DynamicTest> goesOnWhateverHappens() {
        List<Fault> faults =
                List.of(Fault.error(Errno.EIO), Fault.error(Errno.ENOMEM), Fault.bug(), Fault.outOfMemory());
        return Stream.of(
                        Call.SOCKET, Call.SETSOCKOPT, Call.CONNECT, Call.EPOLL_CTL, Call.SEND, Call.RECV, Call.SHUTDOWN)
                .flatMap(call -> faults.stream()
                        .map(fault -> DynamicTest.dynamicTest(fault + " of " + call, () -> goesOn(call, fault))));
    }

    private void goesOn(Call call, Fault fault) {
        told.clear();
        try (TalkingServer server = new TalkingServer(MonitorTest::pong)) {
            Monitor monitor = monitor(server, REDIS.withTimeout(Duration.ofMillis(50)));
            long faults = rig.loops.script.faults();
            rig.loops.script.once(call, 1, fault);
            monitor.start(0);
            rig.loops.until("the fault", () -> rig.loops.script.faults() > faults);
            int before = told.size();
            // On a busy machine some of them may be late.
            rig.loops.until(
                    "checks after it",
                    () -> told.size() >= before + 2 && told.getLast().equals(Verdict.alive("PONG")));
            monitor.stop();
            assertEquals(ProbeRig.DESCRIPTORS, rig.budget.available());
        }
    }
}
