package dev.sluice.proxy.health;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.HealthConfig;
import dev.sluice.proxy.config.ProxyHeader;
import dev.sluice.proxy.config.RoleCheck;
import dev.sluice.proxy.config.RoleCheck.Role;
import dev.sluice.proxy.health.dialogue.Verdict;
import dev.sluice.proxy.roles.Asking;
import dev.sluice.proxy.roles.RoleClient;
import dev.sluice.proxy.roles.RoleException;
import dev.sluice.proxy.roles.Roles;
import dev.sluice.proxy.roles.ServerRole;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.upstream.Sources;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who asks by a driver: in time, one at a time, and with nothing left at the end. The driver is the test's. */
class RoleInquirerTest extends RealSockets {
    private static final Address SERVER = Address.parse("127.0.0.1:5432");
    private static final HealthConfig CONFIG = HealthConfig.of(
                    new RoleCheck(RoleCheck.Database.POSTGRES, Role.PRIMARY, Duration.ZERO, "u", null, null))
            .withInterval(Duration.ofMillis(20))
            .withTimeout(Duration.ofSeconds(5));

    /** What a driver does that is asked; and how often, and how many at once. */
    @FunctionalInterface
    private interface Driver {
        ServerRole ask(Asking asking) throws RoleException, IOException, InterruptedException;
    }

    private final ProbeRig rig = new ProbeRig();
    private final List<String> told = new ArrayList<>();
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger now = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();

    @AfterEach
    void close() {
        rig.close();
        rig.context.workers.close();
    }

    private Roles by(Driver driver) {
        return (server, check) -> new RoleClient() {
            @Override
            public ServerRole ask(Asking asking) throws RoleException {
                asked.incrementAndGet();
                most.accumulateAndGet(now.incrementAndGet(), Math::max);
                try {
                    return driver.ask(asking);
                } catch (IOException | InterruptedException e) {
                    throw new RoleException("cut", false);
                } finally {
                    now.decrementAndGet();
                }
            }

            @Override
            public void close() {
                assertEquals(0, now.get(), "is asked");
                closed.incrementAndGet();
            }
        };
    }

    /** Waits for the server for ever, or until the check is cut. */
    private static ServerRole hang(Asking asking) throws IOException, InterruptedException {
        CountDownLatch cut = new CountDownLatch(1);
        asking.uses(cut::countDown);
        cut.await();
        throw new IOException("cut");
    }

    private Monitor monitor(HealthConfig config) {
        return new Monitor(
                rig.context, SERVER, config, (verdict, nanos) -> told.add(verdict.kind() + " " + verdict.reason()));
    }

    private Monitor started(HealthConfig config) {
        Monitor monitor = monitor(config);
        monitor.start(0);
        return monitor;
    }

    private void told(String... expected) {
        rig.loops.until("verdicts", () -> told.size() >= expected.length);
        assertEquals(List.of(expected), told.subList(0, expected.length));
    }

    /** Nothing of it is left, and its client has taken leave once. */
    private void stop(Monitor monitor) {
        monitor.stop();
        rig.loops.until("the end", () -> closed.get() == 1 && rig.budget.available() == ProbeRig.DESCRIPTORS);
        told.clear();
        int before = asked.get();
        rig.loops.turnFor(60);
        assertEquals(List.of(), told);
        assertEquals(before, asked.get());
        assertEquals(1, closed.get());
    }

    @Test
    void asksAgainAndAgainByOneClientWithOneDescriptor() {
        rig.roles = by(asking -> asked.get() == 2 ? ServerRole.replica(null) : ServerRole.primary());
        Monitor monitor = started(CONFIG);
        told("ALIVE is a primary", "UNFIT is a replica, not a primary", "ALIVE is a primary");
        assertEquals(ProbeRig.DESCRIPTORS - 1, rig.budget.available());
        assertEquals(0, closed.get());
        stop(monitor);
    }

    @Test
    void whatADriverThrowsIsAReason() {
        rig.roles = by(asking -> {
            switch (asked.get()) {
                case 1 -> throw new RoleException("refuses with 28P01", false);
                case 2 -> throw new RoleException("refuses with 53300", true);
                case 3 -> throw new IllegalStateException("a bug, with hunter2 in it");
                default -> throw new NoClassDefFoundError("java/sql/Driver");
            }
        });
        Monitor monitor = started(CONFIG);
        told(
                "FAILED refuses with 28P01",
                "NONE not asked: refuses with 53300",
                "FAILED cannot be asked: IllegalStateException",
                "FAILED cannot be asked: NoClassDefFoundError");
        stop(monitor);
    }

    @Test
    void oneThatHangsIsCutInTimeAndAskedAgain() {
        rig.roles = by(asking -> asked.get() == 1 ? hang(asking) : ServerRole.primary());
        Monitor monitor = started(CONFIG.withTimeout(Duration.ofMillis(50)));
        rig.loops.until("an answer", () -> told.contains("ALIVE is a primary"));
        // Its thread may take a moment to see that it was cut; until then nobody asks.
        told.removeIf("NONE not asked: the check before has not ended yet"::equals);
        told("FAILED no answer within 50 ms", "ALIVE is a primary");
        assertEquals(1, most.get());
        stop(monitor);
    }

    /** A driver that does not even notice that its connection is cut holds up nobody but its own server. */
    @Test
    void neverTwoAtATime() {
        CountDownLatch stuck = new CountDownLatch(1);
        rig.roles = by(asking -> {
            stuck.await();
            return ServerRole.primary();
        });
        Monitor monitor = started(CONFIG.withTimeout(Duration.ofMillis(30)));
        told(
                "FAILED no answer within 30 ms",
                "NONE not asked: the check before has not ended yet",
                "NONE not asked: the check before has not ended yet");
        stuck.countDown();
        rig.loops.until("an answer", () -> told.getLast().equals("ALIVE is a primary"));
        assertEquals(1, most.get());
        stop(monitor);
    }

    @Test
    void slowServersHoldUpNoOthersUntilAllThreadsWaitForOne() {
        List<Monitor> slow = new ArrayList<>();
        rig.budget.release(Workers.MOST); // a descriptor for each
        rig.roles = by(RoleInquirerTest::hang);
        for (int i = 0; i < Workers.MOST - 1; i++) {
            slow.add(started(CONFIG));
        }
        rig.loops.until("all to be asked", () -> asked.get() == Workers.MOST - 1);
        rig.roles = by(asking -> ServerRole.primary());
        Monitor quick = started(CONFIG);
        told("ALIVE is a primary");
        quick.stop();

        rig.roles = by(RoleInquirerTest::hang);
        slow.add(started(CONFIG));
        rig.loops.until("it to be asked", () -> now.get() == Workers.MOST);
        told.clear();
        rig.roles = by(asking -> ServerRole.primary());
        Monitor late = started(CONFIG.withTimeout(Duration.ofMillis(50)));
        told("NONE not asked: " + Workers.MOST + " other servers are slow to answer");
        late.stop();
        Monitor waits = started(CONFIG);
        rig.loops.turnFor(20);
        told.clear();
        slow.removeLast().stop();
        told("ALIVE is a primary");
        waits.stop();
        slow.forEach(Monitor::stop);
        rig.loops.until("the end", () -> rig.budget.available() == ProbeRig.DESCRIPTORS + Workers.MOST);
    }

    @Test
    void oneThatIsStoppedInTheMiddleTakesLeaveOnceTheDriverHasNoticed() {
        rig.roles = by(RoleInquirerTest::hang);
        Monitor monitor = started(CONFIG);
        rig.loops.until("it to be asked", () -> now.get() == 1);
        stop(monitor);
    }

    @Test
    void aLoopThatEndsLeavesNothingOpen() {
        rig.roles = by(RoleInquirerTest::hang);
        Monitor monitor = started(CONFIG);
        rig.loops.until("it to be asked", () -> now.get() == 1);
        rig.loops.stop();
        monitor.stop();
        rig.context.workers.close();
        assertEquals(1, closed.get());
        assertEquals(ProbeRig.DESCRIPTORS, rig.budget.available());
    }

    @Test
    void withoutADescriptorOrADriverNobodyIsAsked() {
        rig.roles = by(asking -> ServerRole.primary());
        assertTrue(rig.budget.claim(ProbeRig.DESCRIPTORS));
        Monitor monitor = started(CONFIG);
        told("NONE not asked: too many open files in this process (EMFILE)");
        rig.budget.release(ProbeRig.DESCRIPTORS);
        rig.loops.until("an answer", () -> told.getLast().equals("ALIVE is a primary"));
        stop(monitor);

        rig.roles = Roles.NONE;
        Monitor without = started(CONFIG);
        told("FAILED cannot be asked: there is no driver to ask postgres for its role");
        without.stop();
        assertEquals(ProbeRig.DESCRIPTORS, rig.budget.available());
    }

    @Test
    void connectsAsTheUpstreamDoes() {
        List<String> seen = new ArrayList<>();
        rig.roles = by(asking -> {
            byte[] preface = asking.preface().of(Address.parse("192.0.2.1:1"), SERVER);
            synchronized (seen) {
                seen.add(asking.source() + " " + new String(preface, StandardCharsets.US_ASCII).strip());
            }
            assertTrue(asking.millisLeft() > 1000 && asking.millisLeft() <= 5000, "the time left");
            return ServerRole.primary();
        });
        Probe.Owner owner = new Probe.Owner() {
            @Override
            public void onVerdict(Verdict verdict, long nanos) {
                told.add(verdict.kind() + " " + verdict.reason());
            }

            @Override
            public Sources sources() {
                return Sources.of(List.of("127.0.0.7", "127.0.0.8", "::1"));
            }
        };
        Monitor monitor = new Monitor(rig.context, SERVER, CONFIG.withSendProxy(ProxyHeader.V1), owner);
        monitor.start(0);
        told("ALIVE is a primary", "ALIVE is a primary");
        monitor.stop();
        assertEquals(
                List.of(
                        "127.0.0.8:0 PROXY TCP4 192.0.2.1 127.0.0.1 1 5432",
                        "127.0.0.7:0 PROXY TCP4 192.0.2.1 127.0.0.1 1 5432"),
                seen.subList(0, 2));
    }
}
