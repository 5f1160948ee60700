package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Stream;
import dev.sluice.proxy.testkit.Traffic;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What runs out: an answer, a counter, one warning, and back to normal by itself. */
class ShortageTest extends RealSockets {
    @ParameterizedTest
    @ValueSource(ints = {Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM})
    void acceptingPausesAndGoesOn(int errno) {
        Script script = new Script();
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).threads(2).start(net, script)) {
            script.always(Call.ACCEPT, Fault.error(errno));
            Stream up = Stream.fresh();
            Stream down = Stream.fresh();
            Conn client = rig.client(up, down);
            ProxyRig.await("pauses", () -> rig.snapshot().get(Counter.ACCEPT_PAUSES) >= 3);
            assertTrue(script.count(Call.ACCEPT) < 15, () -> "spinning: " + script);
            script.clear();
            Conn server = rig.server(up, down);
            Traffic.run(net, client.sendingAll(1000), server.receivingAll());
            Traffic.run(net, server.sendingAll(1), client.receivingAll());
            ProxyRig.assertWhole(new ProxyRig.Pair(client, server), 1000, 1);
            assertEquals(EndCause.CLIENT_CLOSED, rig.awaitEnd().cause());
            assertTrue(rig.warnings.size() <= 2, () -> "one for each loop: " + rig.warnings);
            String warning = Objects.requireNonNull(rig.warnings.peek());
            assertTrue(warning.contains("cannot accept on " + rig.address()), warning);
            assertTrue(warning.contains(Errno.name(errno)), warning);
        }
    }

    @Test
    void sessionsThatRunGoOnWhileNobodyIsAccepted() {
        Script script = new Script();
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).start(net, script)) {
            ProxyRig.Pair pair = rig.open();
            script.always(Call.ACCEPT, Fault.error(Errno.EMFILE));
            net.connect(rig.address());
            ProxyRig.await("a pause", () -> rig.snapshot().get(Counter.ACCEPT_PAUSES) > 0);
            Traffic.run(net, pair.client().sending(100_000), pair.server().receiving(100_000));
            script.clear();
            net.accept(rig.origin);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = RelayMode.class,
            names = {"SPLICE", "AUTO"})
    void withoutPipesItCopiesAndSplicesAgainLater(RelayMode relay) {
        Script script = new Script();
        script.always(Call.PIPE, Fault.error(Errno.EMFILE));
        withoutPipes(relay, script, "EMFILE");
    }

    @ParameterizedTest
    @EnumSource(
            value = RelayMode.class,
            names = {"SPLICE", "AUTO"})
    void pipesTooSmallToUseAreNotUsed(RelayMode relay) {
        Script script = new Script();
        script.rule((call, count, fd) -> call == Call.SET_PIPE_SIZE
                ? Fault.error(Errno.EPERM)
                : call == Call.GET_PIPE_SIZE ? Fault.answer(8192) : null);
        withoutPipes(relay, script, "EPERM");
    }

    private void withoutPipes(RelayMode relay, Script script, String reason) {
        try (ProxyRig rig = ProxyRig.plan(relay).start(net, script)) {
            long atStart = script.count(Call.SPLICE_IN);
            for (int i = 0; i < 5; i++) {
                assertEquals(0, rig.exchange(2_000_000, 2_000_000).session().bytesSpliced());
            }
            assertEquals(atStart, script.count(Call.SPLICE_IN));
            assertEquals(0, rig.snapshot().get(Counter.PIPES_OPEN));
            assertTrue(rig.snapshot().get(Counter.PIPE_FALLBACKS) > 0);
            assertTrue(script.count(Call.PIPE) < 10, () -> "asked again and again: " + script);
            assertEquals(1, rig.warnings.size(), rig.warnings::toString);
            String warning = Objects.requireNonNull(rig.warnings.peek());
            assertTrue(warning.contains("no pipe") && warning.contains(reason), warning);
            script.clear();
            ProxyRig.await(
                    "pipes to be tried again",
                    () -> rig.exchange(500_000, 500_000).session().bytesSpliced() > 0);
            assertEquals(1, rig.warnings.size(), rig.warnings::toString);
        }
    }

    /** Half a session is spliced, half is copied. */
    @ParameterizedTest
    @EnumSource(
            value = RelayMode.class,
            names = {"SPLICE", "AUTO"})
    void pipesThatRunOutInTheMiddle(RelayMode relay) {
        Script script = new Script();
        try (ProxyRig rig = ProxyRig.plan(relay).start(net, script)) {
            List<ProxyRig.Pair> holders = List.of(rig.open(), rig.open(), rig.open());
            long total = 4 << 20;
            for (ProxyRig.Pair pair : holders) {
                Conn client = pair.client();
                while (client.write(total - client.sent) > 0) {
                    // until it is held up, with a pipe full of bytes
                }
            }
            rig.awaitQuiet();
            script.always(Call.PIPE, Fault.error(Errno.ENFILE));
            rig.exchange(100_000, 2_000_000);
            for (ProxyRig.Pair pair : holders) {
                Traffic.run(
                        net,
                        pair.client().sendingAll(total),
                        pair.server().receivingAll(),
                        pair.server().sendingAll(100_000),
                        pair.client().receivingAll());
                ProxyRig.assertWhole(pair, total, 100_000);
            }
        }
    }

    @Test
    void aPipeSmallerThanAskedIsUsedAndToldOnce() {
        Script script = new Script();
        script.always(Call.SET_PIPE_SIZE, Fault.error(Errno.EPERM));
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).pipeSize(1 << 20).start(net, script)) {
            for (int i = 0; i < 3; i++) {
                assertEquals(300_000, rig.exchange(200_000, 100_000).session().bytesSpliced());
            }
            assertEquals(0, rig.snapshot().get(Counter.PIPE_FALLBACKS));
            assertEquals(1, rig.warnings.size(), rig.warnings::toString);
            assertTrue(Objects.requireNonNull(rig.warnings.peek()).contains("pipes are of 64 KiB, not of 1024"));
        }
    }

    /** A pipe has sixteen slots, however small a one is asked for. */
    @ParameterizedTest
    @ValueSource(ints = {4096, 8192, 1 << 20})
    void pipesOfAnySize(int size) {
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).pipeSize(size).start(net)) {
            assertEquals(2_500_000, rig.exchange(2_000_000, 500_000).session().bytesSpliced());
            assertEquals(0, rig.snapshot().get(Counter.PIPE_FALLBACKS));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1024, 1 << 20})
    void copyBuffersOfAnySize(int size) {
        try (ProxyRig rig = ProxyRig.plan(RelayMode.COPY).copyBuffer(size).start(net)) {
            assertEquals(0, rig.exchange(2_000_000, 500_000).session().bytesSpliced());
        }
    }

    /** The origin refuses as long as descriptors are missing, and nobody but the one client is hurt. */
    @Test
    void noDescriptorForTheUpstream() {
        Script script = new Script();
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .connectTimeout(Duration.ofMillis(150))
                .start(net, script)) {
            script.always(Call.SOCKET, Fault.error(Errno.EMFILE));
            for (int i = 0; i < 3; i++) {
                Conn client = rig.client(Stream.fresh(), Stream.fresh());
                Traffic.run(net, client.receivingAll());
                assertEquals(Errno.ECONNRESET, client.broke);
                assertEquals(EndCause.NO_RESOURCES, rig.awaitEnd().cause());
            }
            script.clear();
            rig.exchange(1000, 1000);
        }
    }
}
