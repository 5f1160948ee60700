package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Traffic;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** No small segment waits for the acknowledgement of one before (RFC 896), and no call is made where there is none before. */
class NagleTest extends RealSockets {
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void theSecondWriteToAnUpstreamDoesNotWaitForTheFirst(RelayMode relay) {
        Script script = new Script();
        AtomicInteger upstream = new AtomicInteger(-1);
        List<String> writes = new CopyOnWriteArrayList<>();
        script.witness((call, fd, result) -> {
            if (call == Call.CONNECT) {
                upstream.set(fd);
            } else if ((call == Call.SPLICE_OUT || call == Call.SEND) && result > 0) {
                writes.add((fd == upstream.get() ? "up " : "down ") + noDelay(fd));
            }
        });
        try (ProxyRig rig = ProxyRig.plan(relay).start(net, script)) {
            ProxyRig.Pair pair = rig.open();
            for (int i = 1; i <= 3; i++) {
                Traffic.run(net, pair.client().sending(i * 10L), pair.server().receiving(i * 10L));
            }
            Traffic.run(net, pair.server().sending(10), pair.client().receiving(10));
            ProxyRig.await("the last write's return", () -> writes.size() >= 4);
            assertEquals(List.of("up 0", "up 1", "up 1", "down 1"), writes);
        }
    }

    private static int noDelay(int fd) {
        try (Kernel kernel = LinuxKernel.open()) {
            return kernel.getsockopt(fd, Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY);
        }
    }
}
