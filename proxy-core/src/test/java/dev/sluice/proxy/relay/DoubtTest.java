package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Traffic;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A call's answer that the socket's state contradicts, and for which no event makes up: no session waits for one for ever. */
class DoubtTest extends RealSockets {
    private static final Set<Call> TRANSFERS = Set.of(Call.SPLICE_IN, Call.SPLICE_OUT, Call.RECV, Call.SEND);
    private static final int MESSAGE = 200_000;

    private final Script script = new Script();

    /** Once both ends are connected and nothing is under way. */
    private ProxyRig.Pair quietPair(ProxyRig rig) {
        ProxyRig.Pair pair = rig.open();
        rig.awaitQuiet();
        return pair;
    }

    /** One message and nothing behind it: no event comes to the rescue. */
    private void pass(Conn from, Conn to, long bytes) {
        Traffic.run(net, from.sending(from.sent + bytes), to.receiving(to.received + bytes));
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void everyFourthCallSaysThatThereIsNothing(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.plan(relay).start(net, script)) {
            ProxyRig.Pair pair = quietPair(rig);
            AtomicInteger calls = new AtomicInteger();
            script.rule((call, count, fd) ->
                    TRANSFERS.contains(call) && calls.incrementAndGet() % 4 == 0 ? Fault.untold(Errno.EAGAIN) : null);
            for (int i = 0; i < 30; i++) {
                for (int bytes : new int[] {1, 500, MESSAGE}) {
                    pass(pair.client(), pair.server(), bytes);
                    pass(pair.server(), pair.client(), bytes);
                }
            }
            assertTrue(script.faults() > 50, script::toString);
            Traffic.run(
                    net,
                    pair.client().sendingAll(pair.client().sent + 10_000_000),
                    pair.server().receivingAll(),
                    pair.server().sendingAll(pair.server().sent + 10_000_000),
                    pair.client().receivingAll());
            assertEquals(pair.client().sent, pair.server().received);
            assertEquals(pair.server().sent, pair.client().received);
            assertEquals(0, rig.awaitEnd().errno());
        }
    }

    /** At each place of a message, once. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void oneCallSaysThatThereIsNothing(RelayMode relay) {
        eachTransferOnce(relay, Fault.untold(Errno.EAGAIN));
    }

    /** An interrupted call has done nothing and knows nothing: it is made again, for what it left and for what has come since. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void oneCallIsInterrupted(RelayMode relay) {
        eachTransferOnce(relay, Fault.error(Errno.EINTR));
    }

    private void eachTransferOnce(RelayMode relay, Fault fault) {
        try (ProxyRig rig = ProxyRig.plan(relay).start(net, script)) {
            ProxyRig.Pair pair = quietPair(rig);
            for (Call call : List.of(Call.SPLICE_IN, Call.SPLICE_OUT, Call.RECV, Call.SEND)) {
                for (int k = 1; k <= 5; k++) {
                    for (int bytes : new int[] {100, 5000, MESSAGE}) {
                        script.once(call, k, fault);
                        pass(pair.client(), pair.server(), bytes);
                        pass(pair.server(), pair.client(), bytes);
                        script.clear();
                    }
                }
            }
            assertTrue(script.faults() > 5, script::toString);
        }
    }

    /** That there is nothing is what splice always says; copying goes on, and nothing spins. */
    @Test
    void spliceNeverFindsAnything() {
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).start(net, script)) {
            for (Call call : List.of(Call.SPLICE_IN, Call.SPLICE_OUT)) {
                ProxyRig.Pair pair = quietPair(rig);
                script.always(call, Fault.untold(Errno.EAGAIN));
                for (int bytes : new int[] {1, 5000, MESSAGE}) {
                    pass(pair.client(), pair.server(), bytes);
                    pass(pair.server(), pair.client(), bytes);
                }
                rig.awaitQuiet();
                script.clear();
                pass(pair.client(), pair.server(), MESSAGE);
            }
        }
    }

    /**
     * Splice says 0 at the mark of urgent data with a FIN behind it, whatever is between them: that is no end until recv(2) says so. Nor
     * is it when an end has been told of already.
     */
    @Test
    void zeroIsNoEndWhileThereAreBytes() {
        for (int k = 1; k <= 3; k++) {
            try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).start(net, script)) {
                ProxyRig.Pair pair = quietPair(rig);
                script.once(Call.SPLICE_IN, k, Fault.answer(0));
                for (int i = 0; i < 4; i++) {
                    pass(pair.client(), pair.server(), 5000);
                }
                script.once(Call.SPLICE_IN, k, Fault.answer(0));
                Traffic.run(
                        net,
                        pair.client().sendingAll(MESSAGE),
                        pair.server().receivingAll(),
                        pair.server().sendingAll(1),
                        pair.client().receivingAll());
                ProxyRig.assertWhole(pair, MESSAGE, 1);
                assertTrue(script.faults() > 0);
            }
            script.clear();
        }
    }
}
