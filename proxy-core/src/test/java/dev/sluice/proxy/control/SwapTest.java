package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.ApplyException;
import dev.sluice.proxy.Proxy;
import dev.sluice.proxy.ProxyStartException;
import dev.sluice.proxy.config.AdminState;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointSource;
import dev.sluice.proxy.config.ResolveSettings;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.config.WhenDown;
import dev.sluice.proxy.names.Found;
import dev.sluice.proxy.names.Resolver;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What happens while the loops go over to something else, and one of them takes its time. */
class SwapTest extends RealSockets {
    private static final EndpointSource ONE = new EndpointSource.ListFile(Path.of("/lists/one"));
    private static final EndpointSource OTHER = new EndpointSource.ListFile(Path.of("/lists/other"));
    private static final EndpointAddress NAME = EndpointAddress.parse("db.test:5432");

    private final CountDownLatch held = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final Map<EndpointSource, List<Address>> lists = new ConcurrentHashMap<>();
    private final Map<EndpointSource, Runnable> watches = new ConcurrentHashMap<>();
    private final AtomicInteger asked = new AtomicInteger();
    private int origin;
    private Layout layout = Layout.of(1);

    @BeforeEach
    void open() {
        origin = net.listen(Net.LOOPBACK, 64);
        layout = Layout.of(1)
                .upstream("u", net.nameOf(origin))
                .upstream("idle", net.nameOf(origin))
                .listener("l", Net.LOOPBACK, "u");
    }

    /** Of a name what is said now, and of a list its endpoints, or a name in it. */
    private final class Scripted implements Resolver {
        @Override
        public List<Address> resolve(EndpointAddress endpoint) {
            return endpoint.equals(NAME) ? lists.getOrDefault(NAME, List.of()) : literal(endpoint);
        }

        @Override
        public Answer ask(EndpointSource source, ResolveSettings settings) {
            if (source instanceof EndpointAddress endpoint) {
                return Answer.of(endpoint, resolve(endpoint), Duration.ofMillis(1));
            }
            asked.incrementAndGet();
            List<Found> found = lists.getOrDefault(source, List.of()).stream()
                    .map(address -> address.family() == Sockets.AF_UNIX
                            ? Found.at(NAME, List.of())
                            : Found.at(EndpointAddress.parse(address.toString()), List.of(address)))
                    .toList();
            return new Answer(found, Duration.ofHours(1));
        }

        @Override
        public Watch watch(EndpointSource.ListFile file, Runnable changed) {
            watches.put(file, changed);
            return () -> {};
        }
    }

    private static List<Address> literal(EndpointAddress endpoint) {
        try {
            return Resolver.system(endpoint);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    /** A loop tells of a session's end, and goes on when the test wants it to. */
    private Proxy start() {
        ProxyObserver observer = new ProxyObserver() {
            @Override
            public void sessionEnded(SessionEnd end) {
                held.countDown();
                ProxyRig.awaitLatch(goOn);
            }

            @Override
            public void warning(String text) {}
        };
        try {
            return Proxy.start(layout.config(), observer, new Scripted(), null);
        } catch (ProxyStartException e) {
            throw new AssertionError(e);
        }
    }

    private static Address address(Proxy proxy, String listener) {
        return proxy.listeners().stream()
                .filter(bound -> bound.config().name().equals(listener))
                .findFirst()
                .orElseThrow()
                .address();
    }

    private void hold(Proxy proxy) {
        int client = net.connect(address(proxy, "l"));
        net.close(net.accept(origin));
        net.close(client);
        ProxyRig.awaitLatch(held);
    }

    /** What was asked of control before this has been done. */
    private static void barrier(Proxy proxy) {
        try {
            proxy.pause("idle");
        } catch (ApplyException e) {
            throw new AssertionError(e);
        }
    }

    /** The sockets that go with a stop are not closed by what was under way: loops accept on them still. */
    @Test
    void whoStopsWhileAListenerClosesLosesNobody() throws Exception {
        Address gone = net.nameOf(net.listen(Net.LOOPBACK, 8));
        layout.upstream("closing", gone)
                .change("closing", upstream -> upstream.withWhenDown(WhenDown.CLOSE_LISTENER))
                .listener("closed", Net.unused(), "closing");
        try (Proxy proxy = start()) {
            hold(proxy);
            proxy.endpoint("closing", gone, AdminState.DOWN);
            ProxyRig.await("it to close", () -> proxy.listeners().stream().anyMatch(each -> !each.listening()));
            int client = net.connect(address(proxy, "l"));
            CompletableFuture<Boolean> drained = new CompletableFuture<>();
            Thread stopping = Thread.ofPlatform().start(() -> {
                try {
                    drained.complete(proxy.drain(Duration.ofSeconds(5)));
                } catch (InterruptedException e) {
                    drained.completeExceptionally(e);
                }
            });
            ProxyRig.await("the stop", () -> stopping.getState() == Thread.State.WAITING);
            barrier(proxy);
            goOn.countDown();
            net.close(net.accept(origin));
            net.close(client);
            assertTrue(drained.join());
        } finally {
            goOn.countDown();
        }
    }

    /** A name that comes with one list is followed, though another list has changed before. */
    @Test
    void aNameThatComesWhileAnotherListChanges() {
        Address first = net.nameOf(net.listen(Net.LOOPBACK, 8));
        Address second = net.nameOf(net.listen(Net.LOOPBACK, 8));
        layout.upstream(UpstreamConfig.of("one", List.of(ONE)))
                .upstream(UpstreamConfig.of("other", List.of(OTHER)))
                .listener("one", Net.LOOPBACK, "one")
                .listener("other", Net.LOOPBACK, "other");
        try (Proxy proxy = start()) {
            ProxyRig.await("the watches", () -> watches.size() == 2);
            ProxyRig.pause(100); // for those who have looked because of them
            hold(proxy);
            lists.put(NAME, List.of(first));
            change(proxy, ONE, first); // which the loops cannot go over to
            change(proxy, ONE, second);
            change(proxy, OTHER, Address.Unix.UNNAMED); // the name
            goOn.countDown();
            awaitShown(proxy, first);
            lists.put(NAME, List.of(second));
            awaitShown(proxy, second);
        } finally {
            goOn.countDown();
        }
    }

    private void change(Proxy proxy, EndpointSource list, Address endpoint) {
        int before = asked.get();
        lists.put(list, List.of(endpoint));
        Runnable watch = watches.get(list);
        if (watch != null) {
            watch.run();
        }
        ProxyRig.await("somebody to look", () -> asked.get() > before);
        ProxyRig.pause(50);
        barrier(proxy);
    }

    private static void awaitShown(Proxy proxy, Address address) {
        ProxyRig.await(
                "the name at " + address,
                () -> proxy.endpoints().stream()
                        .anyMatch(each -> each.upstream().equals("other") && address.equals(each.address())));
    }
}
