package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointConfig;
import dev.sluice.proxy.config.EndpointSource;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.config.HealthConfig;
import dev.sluice.proxy.config.HealthPolicy;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.ResolveSettings;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.names.Found;
import dev.sluice.proxy.names.Resolver;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Lists of endpoints that are kept elsewhere, services and files, while the proxy runs. */
class ListsTest extends RealSockets {
    private static final EndpointSource FILE = new EndpointSource.ListFile(Path.of("/lists/db"));
    private static final EndpointSource SERVICE = new EndpointSource.Service("_db._tcp.test");
    private static final EndpointAddress NAME = EndpointAddress.parse("db.test:5432");

    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger askedForName = new AtomicInteger();
    /** Without a permit, whoever has seen a list is slow to tell. */
    private final Semaphore gate = new Semaphore(1);

    private final AtomicInteger unwatched = new AtomicInteger();
    private final Map<EndpointSource, List<Found>> lists = new ConcurrentHashMap<>();
    private volatile String broken = "";
    private volatile List<Address> ofName = List.of();
    private volatile Duration goodFor = Duration.ofHours(1);
    private volatile @Nullable Runnable changed;

    /** What the test says now. */
    private final class Scripted implements Resolver {
        @Override
        public List<Address> resolve(EndpointAddress endpoint) throws UnknownHostException {
            if (!endpoint.equals(NAME)) {
                return Resolver.system(endpoint);
            }
            if (ofName.isEmpty()) {
                throw new UnknownHostException("scripted");
            }
            return ofName;
        }

        @Override
        public Answer ask(EndpointSource source, ResolveSettings settings) throws IOException {
            if (source instanceof EndpointAddress endpoint) {
                askedForName.addAndGet(endpoint.equals(NAME) ? 1 : 0);
                return Answer.of(endpoint, resolve(endpoint), goodFor);
            }
            asked.incrementAndGet();
            if (!broken.isEmpty()) {
                throw new IOException(broken);
            }
            List<Found> seen = lists.getOrDefault(source, List.of());
            gate.acquireUninterruptibly();
            gate.release();
            return new Answer(seen, goodFor);
        }

        @Override
        public Watch watch(EndpointSource.ListFile file, Runnable onChange) {
            changed = onChange;
            return unwatched::incrementAndGet;
        }
    }

    private static Found at(Address address) {
        return Found.at(EndpointAddress.parse(address.toString()), List.of(address));
    }

    private static Layout layout(EndpointSource source) {
        return Layout.of(2)
                .upstream(UpstreamConfig.of("db", List.of(source)).withRetries(0))
                .listener("in", Net.LOOPBACK, "db");
    }

    private ProxyRig start(EndpointSource source) {
        return start(layout(source));
    }

    private ProxyRig start(Layout layout) {
        return ProxyRig.plan(RelayMode.SPLICE)
                .layout(layout)
                .resolver(new Scripted())
                .start(net);
    }

    /** What a file has now; its watch says so. */
    private void write(Found... endpoints) {
        lists.put(FILE, List.of(endpoints));
        tellWatcher();
    }

    private void tellWatcher() {
        ProxyRig.await("the watch", () -> changed != null);
        Runnable tell = changed;
        if (tell != null) {
            tell.run();
        }
    }

    /** Each endpoint as its name and its state. */
    private static List<String> shown(ProxyRig rig) {
        return rig.proxy.endpoints().stream()
                .map(endpoint -> endpoint.name() + " " + endpoint.state())
                .toList();
    }

    private static void awaitShown(ProxyRig rig, Object... names) {
        List<String> wanted =
                java.util.Arrays.stream(names).map(name -> name + " up").toList();
        ProxyRig.await("endpoints " + wanted, () -> shown(rig).equals(wanted));
        rig.awaitQuiet();
    }

    private void serve(ProxyRig rig, int listener) {
        Conn client = rig.client(rig.address("in"));
        net.close(net.accept(listener));
        client.close();
        rig.awaitEnd();
    }

    @Test
    void newSessionsGoWhereTheFileIsNow() {
        int first = net.listen(Net.LOOPBACK, 8);
        int second = net.listen(Net.LOOPBACK, 8);
        lists.put(FILE, List.of(at(net.nameOf(first))));
        try (ProxyRig rig = start(FILE)) {
            ProxyRig.Pair pair = rig.open("in", first);
            write(at(net.nameOf(second)));
            awaitShown(rig, net.nameOf(first), net.nameOf(second));
            serve(rig, second);
            rig.finish(pair, 100_000, 100_000);
            rig.awaitEnd();
            awaitShown(rig, net.nameOf(second));
            assertEquals(List.of(), List.copyOf(rig.warnings));
        }
        assertEquals(1, unwatched.get());
    }

    /** What is per endpoint is said by the configuration, and by the list if that says it. */
    @Test
    void whatTheListSaysOfAnEndpointBeatsTheConfiguration() throws Refusal {
        EndpointConfig list = EndpointConfig.of(FILE).withWeight(7).withMaxSessions(9);
        EndpointAddress one = EndpointAddress.parse("10.0.0.1:1");
        EndpointAddress other = EndpointAddress.parse("10.0.0.2:1");
        lists.put(
                FILE,
                List.of(
                        Found.at(one, List.of(Address.parse("10.0.0.1:1"))),
                        new Found(other, 3, 0, true, List.of(Address.parse("10.0.0.2:1")), null)));
        UpstreamConfig upstream = UpstreamConfig.of("db", List.of(FILE)).withEndpoints(List.of(list));
        Layout layout = Layout.of(1).upstream(upstream).listener("in", Net.LOOPBACK, "db");
        Resolved resolved = Resolved.of(layout.config(), new Scripted());
        assertEquals(
                List.of(new EndpointConfig(one, 7, 9, false), new EndpointConfig(other, 3, 0, true)),
                resolved.members(upstream).stream()
                        .map(Resolved.Member::endpoint)
                        .toList());
    }

    @Test
    void aBrokenFileKeepsTheLastEndpointsAndTellsOfEachWayThatItIsBroken() {
        int listener = net.listen(Net.LOOPBACK, 8);
        lists.put(FILE, List.of(at(net.nameOf(listener))));
        try (ProxyRig rig = start(FILE)) {
            broken = "/lists/db:3:1: 'x' is not an address";
            tellWatcher();
            ProxyRig.await("a warning", () -> rig.warnings.size() == 1);
            assertEquals(
                    "upstream db: /lists/db:3:1: 'x' is not an address; it goes on with its last endpoints",
                    rig.warnings.peek());
            serve(rig, listener);
            rig.apply(layout(FILE)); // another look, at the same moment
            serve(rig, listener);
            broken = "/lists/db:4:1: 'y' is not an address";
            tellWatcher();
            ProxyRig.await("another warning", () -> rig.warnings.size() == 2);
            serve(rig, listener);
            awaitShown(rig, net.nameOf(listener));
            broken = "";
            tellWatcher();
            ProxyRig.await("the last", () -> rig.warnings.size() == 3);
            assertEquals(
                    "upstream db: /lists/db is read again",
                    List.copyOf(rig.warnings).getLast());
        }
    }

    /** It is no reason not to start; there is nobody, who is told of as down. */
    @Test
    void aFileThatIsNotThereAtStart() {
        int listener = net.listen(Net.LOOPBACK, 8);
        broken = "/lists/db: does not exist";
        try (ProxyRig rig = start(FILE)) {
            assertEquals(
                    List.of("upstream db: /lists/db: does not exist; it has no endpoints for now"),
                    List.copyOf(rig.warnings));
            EndpointSnapshot missing = rig.proxy.endpoints().getFirst();
            assertEquals(List.of("/lists/db down"), shown(rig));
            assertEquals(null, missing.address());
            assertEquals("/lists/db: does not exist", missing.health().reason());
            Conn client = rig.client(rig.address("in"));
            rig.awaitEnd();
            client.close();
            broken = "";
            write();
            ProxyRig.await("an empty list", () -> rig.proxy.endpoints().isEmpty());
            rig.awaitQuiet();
            Conn another = rig.client(rig.address("in"));
            rig.awaitEnd();
            another.close();
            write(at(net.nameOf(listener)));
            awaitShown(rig, net.nameOf(listener));
            serve(rig, listener);
        }
    }

    /** A name in a file is known before the list with it is used, and is then looked up as others are. */
    @Test
    void namesInAFile() {
        int first = net.listen(Net.LOOPBACK, 8);
        int second = net.listen(Net.LOOPBACK, 8);
        goodFor = Duration.ofMillis(1);
        lists.put(FILE, List.of(at(net.nameOf(first))));
        ofName = List.of(net.nameOf(second));
        try (ProxyRig rig = start(FILE)) {
            serve(rig, first);
            write(Found.at(NAME, List.of()));
            awaitShown(rig, NAME);
            serve(rig, second);
            ofName = List.of(net.nameOf(first));
            ProxyRig.await(
                    "the name's change",
                    () -> rig.proxy.endpoints().stream()
                            .allMatch(endpoint -> net.nameOf(first).equals(endpoint.address())));
            rig.awaitQuiet();
            serve(rig, first);
            ofName = List.of();
            ProxyRig.await("a warning", () -> rig.warnings.size() == 1);
            assertEquals(
                    "upstream db: db.test:5432: the host does not resolve (scripted); it goes on with its last"
                            + " addresses",
                    rig.warnings.peek());
            serve(rig, first);
            write(at(net.nameOf(second)));
            awaitShown(rig, net.nameOf(second));
            ProxyRig.pause(200); // whoever is asking has an answer
            int before = askedForName.get();
            ProxyRig.pause(2500);
            assertEquals(before, askedForName.get(), "nobody needs it any more");
        }
    }

    @Test
    void aNameInAFileThatDoesNotResolveIsDown() {
        int listener = net.listen(Net.LOOPBACK, 8);
        lists.put(FILE, List.of(Found.at(NAME, List.of()), at(net.nameOf(listener))));
        try (ProxyRig rig = start(FILE)) {
            assertEquals(List.of(net.nameOf(listener) + " up", "db.test:5432 down"), shown(rig));
            serve(rig, listener);
            long since = rig.proxy.endpoints().getLast().health().sinceMillis();
            rig.apply(layout(FILE));
            assertEquals(since, rig.proxy.endpoints().getLast().health().sinceMillis());
            ofName = List.of(net.nameOf(net.listen(Net.LOOPBACK, 8)));
            awaitShown(rig, net.nameOf(listener), NAME);
        }
    }

    /** Nor would anybody want the checks of one server to go to another. */
    @Test
    void aSocketWithoutPortsCannotBeCheckedOnOne() {
        lists.put(FILE, List.of(at(new Address.Unix("/run/x"))));
        HealthConfig check = HealthConfig.of(new HealthCheck.Tcp()).withPort(9);
        Layout layout = layout(FILE).health("db", HealthPolicy.of(check));
        try (ProxyRig rig = start(layout)) {
            assertEquals(
                    List.of("upstream db: /lists/db: endpoints are checked on port 9, which 'unix:/run/x' cannot have;"
                            + " it has no endpoints for now"),
                    List.copyOf(rig.warnings));
        }
    }

    @Test
    void aServiceIsAskedForAgainWhenItsServerCannotBeConnectedTo() {
        int listener = net.listen(Net.LOOPBACK, 8);
        EndpointAddress host = EndpointAddress.parse("host.test:7");
        lists.put(SERVICE, List.of(Found.at(host, List.of(net.refusing()))));
        try (ProxyRig rig = start(SERVICE)) {
            lists.put(SERVICE, List.of(Found.at(host, List.of(net.nameOf(listener)))));
            ProxyRig.pause(1500);
            assertEquals(1, asked.get());
            Conn client = rig.client(rig.address("in"));
            rig.awaitEnd();
            client.close();
            ProxyRig.await(
                    "the change",
                    () -> rig.proxy.endpoints().stream()
                            .anyMatch(endpoint -> net.nameOf(listener).equals(endpoint.address())));
            rig.awaitQuiet();
            serve(rig, listener);
        }
    }

    /** One that has no address now has those that it had; one that had none is told of. */
    @Test
    void serversOfAServiceWithoutAddress() {
        int listener = net.listen(Net.LOOPBACK, 8);
        EndpointAddress one = EndpointAddress.parse("one.test:7");
        EndpointAddress two = EndpointAddress.parse("two.test:7");
        goodFor = Duration.ofMillis(1);
        Found without = new Found(two, null, null, false, List.of(), "scripted");
        lists.put(SERVICE, List.of(Found.at(one, List.of(net.nameOf(listener))), without));
        try (ProxyRig rig = start(SERVICE)) {
            assertEquals(
                    List.of("upstream db: _db._tcp.test: two.test:7 has no address (scripted); it is down until it has"
                            + " one"),
                    List.copyOf(rig.warnings));
            assertEquals(List.of("one.test:7 up", "two.test:7 down"), shown(rig));
            int before = asked.get();
            lists.put(SERVICE, List.of(new Found(one, null, null, false, List.of(), "gone"), without));
            ProxyRig.await("two looks", () -> asked.get() >= before + 3);
            serve(rig, listener);
            broken = "scripted";
            ProxyRig.await("a warning", () -> rig.warnings.size() == 2);
            assertEquals(
                    "upstream db: _db._tcp.test: the service does not resolve (scripted); it goes on with its last"
                            + " endpoints",
                    List.copyOf(rig.warnings).getLast());
            serve(rig, listener);
        }
    }

    @Test
    void aChangeThatIsToldWhileItIsReadIsNotMissed() {
        Address before = net.nameOf(net.listen(Net.LOOPBACK, 8));
        Address after = net.nameOf(net.listen(Net.LOOPBACK, 8));
        lists.put(FILE, List.of(at(before)));
        try (ProxyRig rig = start(FILE)) {
            ProxyRig.await("a look at the start, and one when it is watched", () -> asked.get() == 2);
            rig.awaitQuiet();
            gate.acquireUninterruptibly();
            tellWatcher();
            ProxyRig.await("a look", () -> asked.get() == 3);
            write(at(after));
            ProxyRig.pause(200); // the change has been told before the look is over
            gate.release();
            awaitShown(rig, after);
        }
    }

    /** What was changed between two looks at the start, or while it was looked at, is seen. */
    @Test
    void aFileThatChangesWhileItIsReadIsReadOnceMore() {
        int first = net.listen(Net.LOOPBACK, 8);
        lists.put(FILE, List.of(at(net.refusing())));
        try (ProxyRig rig = start(FILE)) {
            for (int i = 0; i < 50; i++) {
                write(at(net.nameOf(first)), at(Address.parse("127.0.0.1:" + (i + 1))));
            }
            write(at(net.nameOf(first)));
            awaitShown(rig, net.nameOf(first));
            assertTrue(asked.get() < 60, "each change is one look at most, and one more");
        }
    }

    /** At another time somebody may just be writing it, who has not come to its end. */
    @Test
    void aFileIsReadWhenItHasChangedAndNotByTheClock() {
        goodFor = Duration.ofMillis(1);
        Address other = net.nameOf(net.listen(Net.LOOPBACK, 8));
        lists.put(FILE, List.of(at(other)));
        try (ProxyRig rig = start(FILE)) {
            ProxyRig.await("a look at the start, and one when it is watched", () -> asked.get() == 2);
            lists.put(FILE, List.of());
            ProxyRig.pause(3000);
            assertEquals(2, asked.get());
            awaitShown(rig, other);
        }
    }

    /** A list that is in no configuration any more is not watched. */
    @Test
    void nobodyLooksAtWhatIsNoLongerConfigured() {
        Address other = net.nameOf(net.listen(Net.LOOPBACK, 8));
        lists.put(FILE, List.of(at(other)));
        try (ProxyRig rig = start(FILE)) {
            ProxyRig.await("the watch", () -> changed != null);
            rig.apply(Layout.of(2).upstream("db", other).listener("in", Net.LOOPBACK, "db"));
            ProxyRig.await("it to be left", () -> unwatched.get() == 1);
            int before = asked.get();
            tellWatcher();
            ProxyRig.pause(200);
            assertEquals(before, asked.get());
        }
    }
}
