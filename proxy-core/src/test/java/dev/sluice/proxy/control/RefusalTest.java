package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.ApplyException;
import dev.sluice.proxy.BoundListener;
import dev.sluice.proxy.ProxyStartException;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.Pin;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.names.Resolver;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.LeakCheck;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A configuration that cannot be applied changes nothing, leaves nothing behind, and one line says why. */
class RefusalTest extends RealSockets {
    private static final EndpointAddress UNKNOWN = EndpointAddress.parse("unknown.test:80");

    @TempDir
    Path folder;

    private final Script control = new Script();
    private int origin;
    private Layout layout = Layout.of(2);
    private ProxyRig rig;

    @BeforeEach
    void open() {
        origin = net.listen(Net.LOOPBACK, 64);
        layout = Layout.of(2)
                .upstream("origin", net.nameOf(origin))
                .listener("tcp", Net.LOOPBACK, "origin")
                .listener("unix", unix("stays.sock"), "origin");
        rig = ProxyRig.plan(RelayMode.SPLICE)
                .layout(layout)
                .control(control)
                .resolver(RefusalTest::resolve)
                .start(net);
    }

    @AfterEach
    void close() {
        rig.close();
        assertFalse(Files.exists(folder.resolve("stays.sock")));
    }

    private static List<Address> resolve(EndpointAddress endpoint) throws UnknownHostException {
        if (endpoint.equals(UNKNOWN)) {
            throw new UnknownHostException("scripted");
        }
        return Resolver.system(endpoint);
    }

    private Address unix(String name) {
        return new Address.Unix(folder.resolve(name).toString());
    }

    /**
     * A change is refused, and nothing has changed, not even what could have been: the listeners before those of the change.
     *
     * @param change goes from what runs to what cannot run
     * @param words that the message must have in it
     */
    private void assertRefused(UnaryOperator<Layout> change, String... words) {
        rig.finish(rig.open("tcp", origin), 1000, 1000);
        rig.awaitEnd();
        Address free = Net.unused();
        LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
        List<BoundListener> listeners = rig.proxy.listeners();
        List<EndpointSnapshot> endpoints = rig.proxy.endpoints();
        Layout next = layout.copy().listener("free", free, "origin").listener("file", unix("free.sock"), "origin");
        String message = rig.refusal(change.apply(next));
        for (String word : words) {
            assertTrue(message.contains(word), () -> message + " without " + word);
        }
        assertEquals(Map.of(), before.leftOpen());
        assertFalse(Files.exists(folder.resolve("free.sock")));
        assertFalse(net.listens(free));
        assertEquals(listeners, rig.proxy.listeners());
        assertEquals(endpoints, rig.proxy.endpoints());
        for (String listener : List.of("tcp", "unix")) {
            rig.finish(rig.open(listener, origin), 1000, 1000);
            rig.awaitEnd();
        }
    }

    @Test
    void anAddressThatSomebodyElseHas() {
        Address taken = net.nameOf(net.listen(Net.LOOPBACK, 1));
        assertRefused(next -> next.listener("a", taken, "origin"), taken.toString(), "EADDRINUSE", "another process");
    }

    @Test
    void anAddressThatThisMachineLacks() {
        Address elsewhere = Address.parse("192.0.2.1:80");
        assertRefused(next -> next.listener("a", elsewhere, "origin"), "192.0.2.1:80", "EADDRNOTAVAIL");
    }

    @Test
    void aFolderThatIsNotThere() {
        assertRefused(
                next -> next.listener("a", unix("no/folder"), "origin"), "no/folder", "the folder does not exist");
    }

    @Test
    void aUnixSocketThatSomebodyElseHas() throws Exception {
        Path live = folder.resolve("live.sock");
        net.listen(unix("live.sock"), 1);
        Object key = Files.getAttribute(live, "unix:ino");
        assertRefused(next -> next.listener("a", unix("live.sock"), "origin"), "live.sock", "EADDRINUSE");
        assertEquals(key, Files.getAttribute(live, "unix:ino"));
    }

    /** The kernel gives a port to all addresses or to one of them, and the old socket is in use until the new one is. */
    @Test
    void anAddressWithinOneThatTheProxyHasItself() {
        int port = ((Address.V4) rig.address("tcp")).port();
        Address all = Address.parse("0.0.0.0:" + port);
        assertRefused(
                next -> next.listener("tcp", all, "origin"),
                all.toString(),
                "this proxy",
                rig.address("tcp").toString());
    }

    @Test
    void theSameAddressTwice() {
        Address free = Net.unused();
        assertRefused(
                next -> next.listener("a", free, "origin").listener("b", free, "origin"),
                free.toString(),
                "this proxy");
    }

    /** To find out whether a unix socket is in use, somebody must connect to it: to our own, that would be a session. */
    @ParameterizedTest
    @ValueSource(strings = {"stays.sock", "./stays.sock"})
    void aUnixSocketThatTheProxyHasItself(String name) {
        Address again = new Address.Unix(folder + "/" + name);
        assertRefused(
                next -> next.without("unix").listener("a", again, "origin").listener("b", unix("stays.sock"), "origin"),
                "stays.sock",
                "this proxy");
        rig.awaitQuiet();
        assertEquals(3, rig.snapshot().get(Counter.ACCEPTED), "those of the test itself");
    }

    @Test
    void otherLoops() {
        assertRefused(next -> next.threads(3), "threads", "2", "3", "restart");
        assertRefused(next -> next.pin(2, Pin.AUTO), "pin cannot change from off to auto", "restart");
    }

    @ParameterizedTest
    @CsvSource({"131072,65536,pipe-size", "65536,32768,copy-buffer"})
    void otherBuffers(int pipeSize, int copyBuffer, String key) {
        assertRefused(next -> next.buffers(pipeSize, copyBuffer), key, "restart");
    }

    @Test
    void aListenerWhoseNameDoesNotResolve() {
        assertRefused(
                next -> next.listener(ListenerConfig.of("a", UNKNOWN, "origin")),
                "listener unknown.test:80",
                "resolve");
    }

    /** What was opened is closed again, whatever the kernel says to the first of the new sockets, the last, or one between. */
    @ParameterizedTest
    @CsvSource({"SOCKET,EMFILE", "BIND,EACCES", "LISTEN,EADDRINUSE"})
    void whateverTheKernelSays(Call call, String error) {
        int errno = Map.of("EMFILE", Errno.EMFILE, "EACCES", Errno.EACCES, "EADDRINUSE", Errno.EADDRINUSE)
                .getOrDefault(error, 0);
        for (int i = 1; i <= 4; i++) {
            Address free = Net.unused();
            control.once(call, i, Fault.error(errno));
            assertRefused(next -> next.listener("a", free, "origin").listener("b", unix("b.sock"), "origin"), error);
            assertEquals(i, control.faults());
            assertFalse(net.listens(free));
            assertFalse(Files.exists(folder.resolve("b.sock")));
        }
    }

    /** What goes wrong need not be a refusal. */
    @ParameterizedTest
    @CsvSource({"SOCKET", "BIND", "LISTEN", "GETSOCKNAME"})
    void noMemory(Call call) {
        for (int i = 1; i <= 3; i++) {
            control.once(call, i, Fault.outOfMemory());
            Address free = Net.unused();
            assertRefused(next -> next.listener("a", free, "origin"), "OutOfMemory");
            assertEquals(i, control.faults());
            assertFalse(net.listens(free));
        }
    }

    /** Nor need it be one that the kernel sees: a bug in what comes behind the sockets leaves none of them. */
    @Test
    void aBug() {
        Address free = Net.unused();
        LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
        UpstreamConfig bug = UpstreamConfig.of("bug", List.of(EndpointAddress.parse("127.0.0.1:9")))
                .withSources(List.of("no address"));
        Layout next = layout.copy().listener("a", free, "bug").upstream(bug);
        ApplyException refused = assertThrows(ApplyException.class, () -> rig.proxy.apply(next.config()));
        assertTrue(String.valueOf(refused.getMessage()).contains("no address"), refused::toString);
        assertEquals(Map.of(), before.leftOpen());
        assertFalse(net.listens(free));
        rig.finish(rig.open("tcp", origin), 1000, 1000);
    }

    @Test
    void whatIsDraining() throws InterruptedException {
        assertTrue(rig.proxy.drain(Duration.ofSeconds(10)));
        assertTrue(rig.refusal(layout).contains("draining"));
    }

    /** Names are looked up on the caller's time only: a name server that is silent does not keep a proxy from stopping. */
    @Test
    void whatStopsWhileANameIsLookedUp() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        Resolver slow = endpoint -> {
            if (endpoint.equals(UNKNOWN)) {
                asked.countDown();
                ProxyRig.awaitLatch(answer);
                throw new UnknownHostException("scripted");
            }
            return Resolver.system(endpoint);
        };
        Layout one = Layout.of(1).upstream("origin", net.nameOf(origin)).listener("tcp", Net.LOOPBACK, "origin");
        try (ProxyRig other =
                ProxyRig.plan(RelayMode.SPLICE).layout(one).resolver(slow).start(net)) {
            CompletableFuture<String> refused =
                    CompletableFuture.supplyAsync(() -> other.refusal(one.copy().upstream("origin", List.of(UNKNOWN))));
            ProxyRig.awaitLatch(asked);
            Address address = other.address();
            assertTrue(other.proxy.drain(Duration.ofSeconds(10)));
            net.assertRefused(address);
            other.proxy.close();
            answer.countDown();
            refused.join();
        }
    }

    @Test
    void whatCannotStart() {
        Address taken = net.nameOf(net.listen(Net.LOOPBACK, 1));
        LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
        Layout one = Layout.of(2)
                .upstream("origin", taken)
                .listener("unix", unix("started.sock"), "origin")
                .listener("tcp", taken, "origin");
        ProxyStartException refused = assertThrows(
                ProxyStartException.class,
                () -> ProxyRig.plan(RelayMode.SPLICE).layout(one).tryStart(net, new Script()));
        assertTrue(String.valueOf(refused.getMessage()).contains("EADDRINUSE"), refused::toString);
        assertEquals(Map.of(), before.leftOpen());
        assertFalse(Files.exists(folder.resolve("started.sock")));
    }
}
