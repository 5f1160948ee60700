package dev.sluice.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.config.AdminState;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.config.HealthConfig;
import dev.sluice.proxy.config.HealthPolicy;
import dev.sluice.proxy.config.WhenDown;
import dev.sluice.proxy.names.Resolver;
import dev.sluice.proxy.stats.UpstreamSnapshot;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One proxy after the other on the same sockets. */
class SuccessionTest extends RealSockets {
    @TempDir
    Path folder;

    private Path socket = Path.of("");
    private Path unix = Path.of("");
    private int origin;
    private Layout layout = Layout.of(2);

    @BeforeEach
    void open() {
        socket = folder.resolve("takeover");
        unix = folder.resolve("a.sock");
        origin = net.listen(Net.LOOPBACK, 256);
        layout = Layout.of(2)
                .upstream("origin", net.nameOf(origin))
                .listener("any", Net.LOOPBACK, "origin")
                .listener("other", Net.LOOPBACK, "origin")
                .listener("unix", new Address.Unix(unix.toString()), "origin");
    }

    private Line first() {
        return Line.first(layout.config(), socket);
    }

    private Line next(Layout layout) {
        try {
            return Line.next(layout.config(), socket);
        } catch (ProxyStartException e) {
            throw new AssertionError(e);
        }
    }

    private String refusal(Layout layout) {
        ProxyStartException refused = assertThrows(ProxyStartException.class, () -> Line.next(layout.config(), socket));
        return String.valueOf(refused.getMessage());
    }

    private void serves(Address address) {
        Line.assertServes(net, address, origin);
    }

    @Test
    void theSuccessorHasTheSameSocketsAndFiles() throws Exception {
        try (Line first = first()) {
            List<Address> before =
                    first.proxy.listeners().stream().map(BoundListener::address).toList();
            Object file = Files.getAttribute(unix, "unix:ino");
            Object own = Files.getAttribute(socket, "unix:ino");
            try (Line next = next(layout)) {
                first.awaitSucceeded();
                assertEquals(
                        before,
                        next.proxy.listeners().stream()
                                .map(BoundListener::address)
                                .toList());
                assertTrue(first.proxy.drain(Duration.ofSeconds(5)));
                first.proxy.close();
                before.forEach(this::serves);
                assertEquals(file, Files.getAttribute(unix, "unix:ino"));
                assertEquals(own, Files.getAttribute(socket, "unix:ino"));
                assertEquals(1, first.told.size());
                assertTrue(first.told.peek().contains("3 of 3 listening sockets"), first.told::toString);
                assertEquals(1, next.told.size());
                assertTrue(next.told.peek().startsWith("took over 3 of 3 listening sockets"), next.told::toString);
                assertEquals(0, first.warnings.size() + next.warnings.size());
            }
            assertFalse(Files.exists(unix), "the last one's, who removes it");
            assertFalse(Files.exists(socket));
        }
    }

    @Test
    void sessionsGoOnAndNewOnesAreTheSuccessors() throws Exception {
        try (Line first = first()) {
            int client = net.connect(first.address("any"));
            int server = net.accept(origin);
            try (Line next = next(layout)) {
                first.awaitSucceeded();
                serves(next.address("any"));
                ProxyRig.await("the session's end", () -> next.ends.size() == 1);
                assertEquals(0, first.ends.size());
                assertFalse(first.proxy.drain(Duration.ofMillis(50)), "the old one is still there");
                net.close(server);
                net.close(client);
                assertTrue(first.proxy.drain(Duration.ofSeconds(5)));
                assertEquals(1, first.ends.size());
            }
        }
    }

    @Test
    void aLineOfMany() {
        Line last = first();
        Address address = last.address("any");
        try {
            for (int i = 0; i < 5; i++) {
                Line next = next(layout);
                last.awaitSucceeded();
                last.close();
                last = next;
                assertEquals(address, last.address("any"));
                serves(address);
                serves(new Address.Unix(unix.toString()));
            }
        } finally {
            last.close();
        }
    }

    @Test
    void whatTheSuccessorDoesNotWantIsClosedByTheOld() throws Exception {
        try (Line first = first()) {
            Address gone = first.address("other");
            Layout fewer = layout.copy().without("other").without("unix").listener("new", Net.LOOPBACK, "origin");
            try (Line next = next(fewer)) {
                first.awaitSucceeded();
                assertTrue(first.told.peek().contains("1 of 3"), first.told::toString);
                net.assertRefused(gone);
                assertFalse(Files.exists(unix), "nobody listens there any more");
                serves(next.address("any"));
                serves(next.address("new"));
            }
        }
    }

    /** Each way in which the same place can be written. */
    @Test
    void socketsAreKnownByWhatTheyAreBoundTo() throws Exception {
        try (Line first = first()) {
            Address any = first.address("any");
            Path link = Files.createSymbolicLink(folder.resolve("other-folder"), folder);
            Layout renamed = layout.copy()
                    .without("any")
                    .without("unix")
                    .listener("now with its number", any, "origin")
                    .listener(
                            "by another way",
                            new Address.Unix(link.resolve("a.sock").toString()),
                            "origin");
            try (Line next = next(renamed)) {
                first.awaitSucceeded();
                assertTrue(first.told.peek().contains("3 of 3"), first.told::toString);
                assertEquals(first.address("other"), next.address("other"));
            }
            assertFalse(Files.exists(unix));
        }
    }

    /** Somebody removed the file: nobody reaches the old socket, and the successor makes a new one. */
    @Test
    void aSocketWhoseFileIsGoneIsNotTaken() throws Exception {
        try (Line first = first()) {
            Files.delete(unix);
            try (Line next = next(layout)) {
                first.awaitSucceeded();
                assertTrue(first.told.peek().contains("2 of 3"), first.told::toString);
                first.proxy.close();
                assertTrue(Files.exists(unix), "the successor's");
                serves(next.address("unix"));
            }
        }
    }

    @Test
    void aSuccessorThatCannotStartChangesNothing() {
        try (Line first = first()) {
            Address taken = net.nameOf(net.listen(Net.LOOPBACK, 1));
            String message = refusal(layout.copy().listener("taken", taken, "origin"));
            assertTrue(message.contains("EADDRINUSE"), message);
            first.awaitWarning("has failed: it has ended");
            assertEquals(1, first.succeeded.getCount());
            assertTrue(Files.exists(unix));
            first.proxy.listeners().forEach(bound -> serves(bound.address()));
            ProxyRig.await("that it can be changed again", () -> applies(first, layout));
            next(layout).close();
        }
    }

    private static boolean applies(Line line, Layout layout) {
        try {
            line.proxy.apply(layout.config());
            return true;
        } catch (ApplyException e) {
            return false;
        }
    }

    /** That not all can be put right is no reason to refuse everything from then on. */
    @Test
    void itCanBeChangedAgainAlthoughGoingOnFailed() {
        AtomicBoolean fails = new AtomicBoolean();
        try (Line first = Line.failing(layout.config(), socket, () -> fails.getAndSet(false))) {
            fails.set(true);
            Address taken = net.nameOf(net.listen(Net.LOOPBACK, 1));
            assertTrue(refusal(layout.copy().listener("taken", taken, "origin")).contains("EADDRINUSE"));
            ProxyRig.await("that going on fails", () -> !fails.get());
            ProxyRig.await("that it can be changed again", () -> applies(first, layout));
        }
    }

    /** The socket is the same one: what a successor sets is set for both. */
    @Test
    void whatAFailedSuccessorChangedIsPutRight() {
        try (Line first = first()) {
            int fd = listening(first.address("any"));
            net.kernel.setsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_KEEPALIVE, 0);
            Address taken = net.nameOf(net.listen(Net.LOOPBACK, 1));
            assertTrue(refusal(layout.copy().listener("taken", taken, "origin")).contains("EADDRINUSE"));
            ProxyRig.await(
                    "its own options", () -> net.kernel.getsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_KEEPALIVE) == 1);
        }
    }

    private int listening(Address address) {
        for (int fd = 3; fd < 1000; fd++) {
            if (net.kernel.getsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_ACCEPTCONN) == 1
                    && net.nameOf(fd).equals(address)) {
                return fd;
            }
        }
        throw new AssertionError("nobody listens on " + address);
    }

    /** Of two processes that watch a socket the kernel wakes one, and that may be the one that is about to accept no more. */
    @Test
    void whoConnectedWhileTheOldOneLeftIsLookedFor() {
        try (Line first = first();
                Line next = Line.blind(layout.config(), socket, true)) {
            first.awaitSucceeded();
            serves(next.address("any"));
        }
    }

    /** The same of a successor that the kernel has woken, and that is no more. */
    @Test
    void whoConnectedToASuccessorThatFailedIsLookedFor() {
        try (Line first = Line.blind(layout.config(), socket, false)) {
            int client = net.connect(first.address("any"));
            assertFalse(net.await(origin, Epoll.IN, 200), "nobody was told");
            Address taken = net.nameOf(net.listen(Net.LOOPBACK, 1));
            assertTrue(refusal(layout.copy().listener("taken", taken, "origin")).contains("EADDRINUSE"));
            net.close(net.accept(origin));
            net.close(client);
        }
    }

    @Test
    void withNobodyThereItIsTheFirst() throws Exception {
        int stale = net.listen(new Address.Unix(socket.toString()), 1);
        net.close(stale);
        for (int i = 0; i < 2; i++) { // a file that a dead process has left; and none
            try (Line first = next(layout)) {
                first.awaitWarning("nobody is there");
                assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
                serves(first.address("any"));
                try (Line second = next(layout)) {
                    first.awaitSucceeded();
                    serves(second.address("any"));
                }
            }
            assertFalse(Files.exists(socket));
        }
    }

    @Test
    void twoFirstOnesOfOneSocketAreNotPossible() {
        try (Line first = first()) {
            Layout another =
                    Layout.of(1).upstream("origin", net.nameOf(origin)).listener("any", Net.LOOPBACK, "origin");
            ProxyStartException refused =
                    assertThrows(ProxyStartException.class, () -> Line.tryFirst(another.config(), socket));
            String message = String.valueOf(refused.getMessage());
            assertTrue(message.contains("EADDRINUSE") && message.contains("--takeover"), message);
            assertTrue(Files.exists(socket));
            assertEquals(0, first.warnings.size(), "only looked at");
        }
    }

    @Test
    void aFileThatIsNoSocketIsLeftAlone() throws Exception {
        Files.writeString(socket, "precious");
        assertTrue(refusal(layout).contains("EADDRINUSE"));
        assertEquals("precious", Files.readString(socket));
        assertFalse(Files.exists(unix), "nothing is left of it");
    }

    @Test
    void whoStopsIsNotTakenOver() throws Exception {
        try (Line first = first()) {
            int client = net.connect(first.address("any"));
            net.close(net.accept(origin));
            assertNull(first.told.peek());
            first.proxy.drain(Duration.ZERO);
            assertFalse(Files.exists(socket));
            net.close(client);
            try (Line second = next(layout)) {
                second.awaitWarning("nobody is there");
                serves(second.address("any"));
            }
        }
    }

    private static HealthConfig check(HealthConfig.Start start) {
        return HealthConfig.of(new HealthCheck.Tcp())
                .withInterval(Duration.ofMillis(20))
                .withRise(1)
                .withStart(start);
    }

    private Layout closing(Address tcp, HealthConfig check) {
        return Layout.of(2)
                .upstream("origin", net.nameOf(origin))
                .change("origin", upstream -> upstream.withWhenDown(WhenDown.CLOSE_LISTENER))
                .health("origin", HealthPolicy.of(check))
                .listener("tcp", tcp, "origin")
                .listener("unix", new Address.Unix(unix.toString()), "origin");
    }

    /** What is closed is not there to be offered; the successor opens it itself. */
    @Test
    void aClosedListenerIsTheSuccessorsToOpen() throws Exception {
        Address tcp = Net.unused();
        Layout closing = closing(tcp, check(HealthConfig.Start.UP));
        try (Line first = Line.first(closing.config(), socket)) {
            first.proxy.endpoint("origin", net.nameOf(origin), AdminState.DOWN);
            ProxyRig.await("it to close", () -> !net.listens(tcp) && !Files.exists(unix));
            try (Line next = next(closing)) {
                first.awaitSucceeded();
                assertTrue(next.told.peek().startsWith("took over 0 of 0 listening sockets"), next.told::toString);
                first.proxy.close();
                assertFalse(net.listens(tcp), "its endpoint is down by hand here, too");
                next.proxy.endpoint("origin", net.nameOf(origin), AdminState.NONE);
                ProxyRig.await("it to open", () -> net.listens(tcp));
                serves(tcp);
                serves(next.address("unix"));
            }
        }
        assertFalse(Files.exists(unix));
    }

    /** As many as do not fit into one message. */
    @Test
    void whatWasSetByHandGoesOver() throws Exception {
        List<Address> many = IntStream.rangeClosed(1, 100)
                .mapToObj(i -> Address.ofLiteral("127.0.1." + i, 9))
                .toList();
        Layout set =
                layout.copy().upstream("many", many.toArray(Address[]::new)).upstream("paused", many.getFirst());
        try (Line first = Line.first(set.config(), socket)) {
            many.forEach(address -> first.proxy.endpoint("many", address, AdminState.DRAIN));
            first.proxy.pause("paused");
            try (Line next = next(set)) {
                first.awaitSucceeded();
                assertEquals(
                        100,
                        next.proxy.endpoints().stream()
                                .filter(endpoint -> endpoint.health().byHand().equals("drain"))
                                .count());
                assertEquals(
                        List.of("paused"),
                        next.proxy.upstreams().stream()
                                .filter(UpstreamSnapshot::paused)
                                .map(UpstreamSnapshot::name)
                                .toList());
                assertEquals(0, next.warnings.size(), next.warnings::toString);
                first.proxy.endpoint("many", many.getFirst(), AdminState.DOWN, true); // it still has sessions
            }
        }
    }

    /** A server by a name: the name's other server is not what somebody drained. */
    @Test
    void whatWasSetByHandOfAName() {
        Address one = net.nameOf(origin);
        Address two = net.nameOf(net.listen(Net.LOOPBACK, 8));
        assertEquals(
                "none",
                drained(one, List.of(List.of(one, two), List.of(one, two), List.of(two))),
                "one of two was drained");
        assertEquals(
                "none", drained(one, List.of(List.of(one, two), List.of(two), List.of(two))), "it has sessions still");
        assertEquals(
                "drain none", drained(one, List.of(List.of(one, two), List.of(two), List.of(one, two))), "it is back");
        assertEquals(
                "drain",
                drained(one, List.of(List.of(one), List.of(one), List.of(two))),
                "the name is what was drained");
    }

    /**
     * @param of what is drained
     * @param answers what the name has: at the start, later, and in the next process
     * @return how each is set there
     */
    private String drained(Address of, List<List<Address>> answers) {
        EndpointAddress name = EndpointAddress.parse("db.test:5432");
        List<List<Address>> now = new CopyOnWriteArrayList<>(answers);
        Resolver resolver = asked -> asked.equals(name) ? now.getFirst() : Resolver.system(asked);
        Layout named = Layout.of(1).upstream("db", List.of(name)).listener("any", Net.LOOPBACK, "db");
        try (Line first = Line.naming(named.config(), socket, resolver)) {
            int client = net.connect(first.address("any"));
            int server = net.accept(origin);
            first.proxy.endpoint("db", of, AdminState.DRAIN);
            now.removeFirst();
            assertTrue(applies(first, named));
            now.removeFirst();
            try (Line next = Line.naming(named.config(), socket, resolver)) {
                first.awaitSucceeded();
                net.close(client);
                net.close(server);
                return next.proxy.endpoints().stream()
                        .map(endpoint -> endpoint.health().byHand())
                        .collect(Collectors.joining(" "));
            }
        }
    }

    /** The last session of a job was the predecessor's: nobody need come here for it to end. */
    @Test
    void whoTakesOverCountsFromThenUntilItIsIdle() {
        AtomicInteger told = new AtomicInteger();
        try (Line first = first()) {
            serves(first.address("any"));
            try (Line next = next(layout)) {
                first.awaitSucceeded();
                next.proxy.whenIdle(Duration.ofMillis(50), told::incrementAndGet);
                ProxyRig.await("that it is told", () -> told.get() == 1);
                assertTrue(next.proxy.stopIfIdle());
            }
        }
    }

    /** What the successor has nobody for stays the predecessor's, which deals with who has connected. */
    @Test
    void whatTheSuccessorKeepsClosedIsNotTaken() throws Exception {
        Address tcp = Net.unused();
        Address.V4 asked = (Address.V4) net.refusing(); // on the endpoint's host
        HealthConfig elsewhere = check(HealthConfig.Start.DOWN).withPort(asked.port());
        try (Line first = Line.first(closing(tcp, check(HealthConfig.Start.UP)).config(), socket)) {
            serves(tcp);
            try (Line next = next(closing(tcp, elsewhere))) {
                first.awaitSucceeded();
                assertTrue(next.told.peek().startsWith("took over 0 of 2 listening sockets"), next.told::toString);
                first.proxy.close();
                var _ = net.listen(asked, 8);
                ProxyRig.await("it to open", () -> net.listens(tcp) && Files.exists(unix));
                serves(tcp);
                serves(next.address("unix"));
            }
        }
        assertFalse(Files.exists(unix));
    }

    /** The successor has another name for the file of a socket that it closes and opens. */
    @Test
    void aSocketByAnotherNameOfItsFile() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("link"), folder);
        Address.Unix other = new Address.Unix(link.resolve("a.sock").toString());
        Layout closing = closing(Net.unused(), check(HealthConfig.Start.UP)).listener("unix", other, "origin");
        try (Line first = first();
                Line next = next(closing)) {
            first.awaitSucceeded();
            first.proxy.close();
            for (int i = 0; i < 2; i++) {
                next.proxy.endpoint("origin", net.nameOf(origin), AdminState.DOWN);
                ProxyRig.await("it to close", () -> !Files.exists(unix));
                next.proxy.endpoint("origin", net.nameOf(origin), AdminState.NONE);
                ProxyRig.await("it to open", () -> net.listens(other));
                next.proxy.apply(closing.config());
                serves(other);
            }
        }
        assertFalse(Files.exists(unix));
    }

    /** Who comes after a takeover is not refused because nothing has been checked yet. */
    @Test
    void theSuccessorKnowsItsEndpointsBeforeItAccepts() throws Exception {
        HealthConfig slow = check(HealthConfig.Start.DOWN).withRise(3).withInterval(Duration.ofMillis(200));
        Layout checked = layout.copy().health("origin", HealthPolicy.of(slow));
        Address tcp = Net.unused();
        Layout closing = closing(tcp, slow);
        try (Line first = first()) {
            try (Line next = next(checked)) {
                first.awaitSucceeded();
                first.proxy.close();
                serves(next.address("any"));
                assertEquals(0, next.warnings.size(), next.warnings::toString);
            }
        }
        try (Line first = Line.first(closing(tcp, check(HealthConfig.Start.UP)).config(), socket)) {
            try (Line next = next(closing)) {
                first.awaitSucceeded();
                assertTrue(next.told.peek().startsWith("took over 2 of 2 listening sockets"), next.told::toString);
                first.proxy.close();
                serves(tcp);
            }
        }
    }

    /** The predecessor is not kept waiting for checks that come to nothing. */
    @Test
    void theSuccessorDoesNotWaitForEver() throws Exception {
        Layout never = layout.copy()
                .health("origin", HealthPolicy.of(check(HealthConfig.Start.DOWN).withRise(1000)));
        try (Line first = first()) {
            long begin = System.nanoTime();
            try (Line next = next(never)) {
                first.awaitSucceeded();
                long waited = System.nanoTime() - begin;
                assertTrue(waited >= Duration.ofSeconds(5).toNanos(), () -> waited + " ns");
                assertTrue(next.told.peek().startsWith("took over 3 of 3 listening sockets"), next.told::toString);
            }
        }
    }

    /** While a successor has been given the sockets, none is closed; when nothing comes of it, they are as they are to be. */
    @Test
    void nothingClosesWhileItIsOffered() throws Exception {
        Address tcp = Net.unused();
        Layout closing = closing(tcp, check(HealthConfig.Start.UP));
        try (Line first = Line.first(closing.config(), socket)) {
            int taken = net.listen(Net.LOOPBACK, 8);
            String refusal = refusal(closing.copy().listener("more", net.nameOf(taken), "origin"));
            assertTrue(refusal.contains("EADDRINUSE"), refusal);
            serves(tcp);
            first.proxy.endpoint("origin", net.nameOf(origin), AdminState.DOWN);
            ProxyRig.await("it to close", () -> !net.listens(tcp));
            first.proxy.endpoint("origin", net.nameOf(origin), AdminState.NONE);
            ProxyRig.await("it to open", () -> net.listens(tcp));
        }
    }
}
