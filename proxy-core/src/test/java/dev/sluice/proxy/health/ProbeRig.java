package dev.sluice.proxy.health;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.config.ProxyHeader;
import dev.sluice.proxy.health.dialogue.Dialogue;
import dev.sluice.proxy.health.dialogue.Verdict;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.roles.Roles;
import dev.sluice.proxy.testkit.LoopRig;
import dev.sluice.proxy.testkit.TalkingServer;
import dev.sluice.proxy.upstream.ConnectContext;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** A loop that asks, turned by the test. */
final class ProbeRig implements AutoCloseable {
    static final int DESCRIPTORS = 8;
    /** So long that a probe that works is never late. */
    static final long PATIENT = 5000;

    final LoopRig loops = new LoopRig(1);
    final DescriptorBudget budget = new DescriptorBudget(DESCRIPTORS);
    final ProbeContext context;
    /** Who asks databases, if a test has somebody for that. */
    Roles roles = Roles.NONE;

    ProbeRig() {
        this(new SplittableRandom(1));
    }

    /**
     * @param random for the times of probes
     */
    ProbeRig(RandomGenerator random) {
        context = new ProbeContext(
                loops.kernel,
                loops.loop(),
                new ConnectContext(
                        loops.kernel, loops.loop(), -1, ConnectContext.firstEphemeralPort(), loops.warnings::add),
                budget,
                (server, check) -> roles.client(server, check),
                random,
                loops.warnings::add);
    }

    /** Asks once, and waits until nothing is left of it. */
    Verdict ask(HealthCheck check, Address address, long millis) {
        return ask(Dialogue.of(check, address.toString()), ProxyHeader.NONE, address, millis);
    }

    /** The same of any dialogue, behind a header. */
    Verdict ask(Dialogue dialogue, ProxyHeader header, Address address, long millis) {
        List<Verdict> told = new ArrayList<>();
        Probe probe = new Probe(
                context, address, dialogue, header, millis * 1_000_000, (verdict, nanos) -> told.add(verdict));
        // Its deadline counts from the loop's time, which stands still between turns: a server's start may have passed
        // since.
        loops.turn(loops.loop());
        probe.start();
        loops.until("a verdict", () -> !told.isEmpty());
        loops.until("the end of it", probe::isOver);
        assertEquals(1, told.size(), told::toString);
        assertEquals(DESCRIPTORS, budget.available());
        return told.getFirst();
    }

    /** What is made of a server that does this. */
    Verdict ask(HealthCheck check, long millis, TalkingServer.Talk talk) {
        try (TalkingServer server = new TalkingServer(talk)) {
            return ask(check, server.address(), millis);
        }
    }

    void alive(String reason, HealthCheck check, TalkingServer.Talk talk) {
        assertEquals(Verdict.alive(reason), ask(check, PATIENT, talk));
    }

    void fails(String reason, HealthCheck check, TalkingServer.Talk talk) {
        assertEquals(Verdict.failed(reason), ask(check, PATIENT, talk));
    }

    @Override
    public void close() {
        loops.close();
    }
}
