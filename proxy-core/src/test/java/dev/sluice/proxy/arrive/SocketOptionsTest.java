package dev.sluice.proxy.arrive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.ApplyException;
import dev.sluice.proxy.Proxy;
import dev.sluice.proxy.ProxyStartException;
import dev.sluice.proxy.ScriptedStart;
import dev.sluice.proxy.config.BufferSettings;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.LoopSettings;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.names.Resolver;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What makes a peer that has vanished known: asked of the kernel, for both sockets of a session of a running proxy. */
class SocketOptionsTest extends RealSockets {
    private static final TcpSettings OFF = settings(0, 10, 5, 0);

    /** Options of a socket. */
    private record Options(boolean keepalive, int idle, int interval, int count, int userMillis) {}

    private final Script script = new Script();
    private final AtomicInteger client = new AtomicInteger();
    private final AtomicInteger upstream = new AtomicInteger();
    private int origin;
    /** Of a socket of which nobody has set anything. */
    private Options none;

    @BeforeEach
    void witness() {
        none = options(net.socket(Sockets.AF_INET));
        script.witness((call, fd, result) -> {
            if (call == Call.ACCEPT && result >= 0) {
                client.set((int) result);
            } else if (call == Call.CONNECT) {
                upstream.set(fd);
            }
        });
    }

    private static TcpSettings settings(int idle, int interval, int count, int userMillis) {
        return new TcpSettings(
                new TcpSettings.Keepalive(Duration.ofSeconds(idle), Duration.ofSeconds(interval), count),
                Duration.ofMillis(userMillis));
    }

    private ProxyConfig config(Address bind, TcpSettings ofClients, TcpSettings ofUpstreams) {
        ListenerConfig listener = ListenerConfig.of("test", EndpointAddress.parse(bind.toString()), "origin")
                .withTcp(ofClients);
        UpstreamConfig upstreams = UpstreamConfig.of(
                        "origin",
                        List.of(EndpointAddress.parse(net.nameOf(origin).toString())))
                .withTcp(ofUpstreams);
        return new ProxyConfig(LoopSettings.of(1), BufferSettings.DEFAULTS, List.of(listener), List.of(upstreams));
    }

    private Proxy start(ProxyConfig config) throws ProxyStartException {
        ProxyObserver observer = new ProxyObserver() {
            @Override
            public void sessionEnded(SessionEnd end) {}

            @Override
            public void warning(String text) {}
        };
        return ScriptedStart.start(config, observer, script::kernel, Resolver::system);
    }

    private Options options(int fd) {
        return new Options(
                net.kernel.getsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_KEEPALIVE) == 1,
                net.kernel.getsockopt(fd, Sockets.IPPROTO_TCP, Sockets.TCP_KEEPIDLE),
                net.kernel.getsockopt(fd, Sockets.IPPROTO_TCP, Sockets.TCP_KEEPINTVL),
                net.kernel.getsockopt(fd, Sockets.IPPROTO_TCP, Sockets.TCP_KEEPCNT),
                net.kernel.getsockopt(fd, Sockets.IPPROTO_TCP, Sockets.TCP_USER_TIMEOUT));
    }

    /** Opens a session, and leaves it open. */
    private void openNext(Proxy proxy) {
        upstream.set(-1);
        net.connect(proxy.listeners().getFirst().address());
        net.accept(origin);
        // The server's side may be there before the proxy's call has returned.
        ProxyRig.await("the proxy's socket", () -> upstream.get() >= 0);
    }

    private void assertNextSession(Proxy proxy, Options ofClient, Options ofUpstream) {
        openNext(proxy);
        assertEquals(ofClient, options(client.get()), "the client's");
        assertUpstream(ofUpstream);
        assertEquals(1, net.kernel.getsockopt(client.get(), Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY));
    }

    @Test
    void peersThatVanishAreFoundOutUnlessThatIsTurnedOff() throws ProxyStartException {
        Options usual = new Options(true, 60, 10, 5, 0);
        for (Address bind : List.of(Net.LOOPBACK, Address.ofLiteral("::1", 0))) {
            origin = net.listen(bind, 8);
            try (Proxy proxy = start(config(bind, TcpSettings.DEFAULTS, TcpSettings.DEFAULTS))) {
                assertNextSession(proxy, usual, usual);
            }
            try (Proxy proxy = start(config(bind, OFF, OFF))) {
                assertNextSession(proxy, none, none);
            }
        }
    }

    @Test
    void eachSideHasItsOwnAndApplyChangesThemForWhoComesLater() throws ProxyStartException, ApplyException {
        origin = net.listen(Net.LOOPBACK, 8);
        try (Proxy proxy = start(config(Net.LOOPBACK, settings(7, 3, 2, 1500), OFF))) {
            assertNextSession(proxy, new Options(true, 7, 3, 2, 1500), none);
            int firstClient = client.get();
            int firstUpstream = upstream.get();
            Address bound = proxy.listeners().getFirst().address();

            proxy.apply(config(Net.LOOPBACK, settings(8, 4, 3, 0), settings(9, 5, 4, 2500)));
            assertEquals(bound, proxy.listeners().getFirst().address(), "the same socket");
            assertNextSession(proxy, new Options(true, 8, 4, 3, 0), new Options(true, 9, 5, 4, 2500));
            assertEquals(new Options(true, 7, 3, 2, 1500), options(firstClient), "a session keeps what it has");
            assertEquals(none, options(firstUpstream));

            proxy.apply(config(Net.LOOPBACK, OFF, OFF));
            openNext(proxy);
            assertFalse(options(client.get()).keepalive());
            assertEquals(0, options(client.get()).userMillis());
            assertUpstream(none);
        }
    }

    /** A session sets the keepalive of its upstream's socket once it has lived for a second. */
    private void assertUpstream(Options expected) {
        if (expected.keepalive()) {
            ProxyRig.await(
                    "keepalive of the upstream's", () -> options(upstream.get()).equals(expected));
        } else {
            ProxyRig.pause(1500);
            assertEquals(expected, options(upstream.get()), "the upstream's");
        }
    }

    /** The calls for keepalive would cost short sessions a twelfth of their CPU. */
    @Test
    void aShortSessionIsNotGivenWhatItWillNotNeed() throws ProxyStartException {
        origin = net.listen(Net.LOOPBACK, 8);
        try (Proxy proxy = start(config(Net.LOOPBACK, TcpSettings.DEFAULTS, TcpSettings.DEFAULTS))) {
            boolean inTime = false;
            for (int i = 0; i < 20 && !inTime; i++) {
                long before = System.nanoTime();
                openNext(proxy);
                boolean kept = options(upstream.get()).keepalive();
                // Else the machine was too slow to tell.
                inTime = System.nanoTime() - before < 1_000_000_000L;
                assertFalse(inTime && kept);
            }
            assertTrue(inTime, "twenty times too slow");
        }
    }
}
