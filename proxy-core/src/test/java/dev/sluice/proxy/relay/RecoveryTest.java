package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.LeakCheck;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Stream;
import dev.sluice.proxy.testkit.Traffic;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A bug, or no heap left, where one session is at work: that one is cut, and the others do not notice. */
class RecoveryTest extends RealSockets {
    private static final List<Call> CALLS = List.of(
            Call.SPLICE_IN,
            Call.SPLICE_OUT,
            Call.RECV,
            Call.SEND,
            Call.SHUTDOWN,
            Call.PIPE,
            Call.SET_PIPE_SIZE,
            Call.GET_PIPE_SIZE,
            Call.BYTES_READABLE,
            Call.CONNECT,
            Call.EPOLL_CTL,
            Call.GETSOCKNAME);
    private static final int LAST_PLACE = 3;

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void oneSessionIsCut(RelayMode relay) {
        for (Call call : CALLS) {
            for (int k = 1; k <= LAST_PLACE; k++) {
                for (Fault fault : List.of(Fault.bug(), Fault.outOfMemory())) {
                    try {
                        cutOne(relay, call, k, fault);
                    } catch (AssertionError e) {
                        throw new AssertionError(fault + " in " + call + " at call " + k + ": " + e, e);
                    }
                }
            }
        }
    }

    private void cutOne(RelayMode relay, Call call, int k, Fault fault) {
        LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
        Script script = new Script();
        try (ProxyRig rig = ProxyRig.plan(relay).start(net, script)) {
            ProxyRig.Pair bystander = rig.open();
            Traffic.run(
                    net, bystander.client().sending(1000), bystander.server().receiving(1000));
            rig.awaitQuiet();
            script.once(call, k, fault);
            boolean cut = session(rig);
            script.clear();
            ProxyRig.await("a warning", () -> !cut || !rig.warnings.isEmpty());
            assertEquals(cut ? 1 : 0, rig.warnings.size(), rig.warnings::toString);
            Traffic.run(
                    net,
                    bystander.client().sendingAll(100_000),
                    bystander.server().receivingAll(),
                    bystander.server().sendingAll(100_000),
                    bystander.client().receivingAll());
            ProxyRig.assertWhole(bystander, 100_000, 100_000);
            bystander.both().forEach(Conn::close);
            assertEquals(0, rig.awaitEnd().errno());
            rig.exchange(1000, 1000);
            assertEquals(0, rig.snapshot().get(Counter.ACTIVE));
            assertTrue(rig.ends.isEmpty(), "ended twice");
        }
        assertEquals(Map.of(), before.leftOpen(), "left open");
    }

    private boolean session(ProxyRig rig) {
        Stream up = Stream.fresh();
        Stream down = Stream.fresh();
        Conn client = rig.client(up, down);
        Conn server = rig.serverUnlessCut(client, up, down);
        if (server == null) {
            Traffic.run(net, client.receivingAll());
        } else {
            Traffic.run(
                    net,
                    client.sendingAll(50_000),
                    server.receivingAll(),
                    server.sendingAll(50_000),
                    client.receivingAll());
            ProxyRig.assertHonest(client, server);
            ProxyRig.assertHonest(server, client);
            server.close();
        }
        client.close();
        boolean cut = rig.script.faults() > 0;
        SessionEnd end = rig.awaitEnd();
        assertEquals(cut, end.cause() == EndCause.INTERNAL_ERROR, end::toString);
        return cut;
    }
}
