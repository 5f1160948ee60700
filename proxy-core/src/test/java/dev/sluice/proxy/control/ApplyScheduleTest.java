package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.names.Resolver;
import dev.sluice.proxy.testkit.Conn;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Seeds;
import dev.sluice.proxy.testkit.Stream;
import dev.sluice.proxy.testkit.Traffic;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Configurations at random, some of which must be refused, against a model of what must then accept and go where, while sessions come
 * and go.
 */
class ApplyScheduleTest extends RealSockets {
    private static final int ROUNDS = 3;
    private static final int STEPS = 20;
    private static final int ORIGINS = 4;
    private static final int UPSTREAMS = 3;
    private static final EndpointAddress UNKNOWN = EndpointAddress.parse("unknown.test:80");

    /** What a configuration says. */
    private record Model(
            Map<Address, String> names, Map<Address, Integer> upstreams, Map<Integer, Set<Integer>> members) {
        Model() {
            this(new HashMap<>(), new HashMap<>(), new TreeMap<>());
        }

        Model copy() {
            return new Model(new HashMap<>(names), new HashMap<>(upstreams), new TreeMap<>(members));
        }

        /** Where a session of this listener may go. */
        Set<Integer> targets(Address at) {
            return members.getOrDefault(upstreams.getOrDefault(at, -1), Set.of());
        }

        void move(Address from, Address to) {
            String name = names.remove(from);
            Integer upstream = upstreams.remove(from);
            if (name != null && upstream != null) {
                names.put(to, name);
                upstreams.put(to, upstream);
            }
        }
    }

    private record Open(ProxyRig.Pair pair, int origin) {}

    @TempDir
    Path folder;

    private final List<Address> places = new ArrayList<>();
    private final List<Integer> origins = new ArrayList<>();
    private Address taken = Net.LOOPBACK;

    /** One round; everything that happens in it is decided by the seed. */
    private final class Round {
        final SplittableRandom random;
        final List<Open> sessions = new ArrayList<>();
        Model model = new Model();
        int names;

        Round(long seed) {
            random = new SplittableRandom(seed);
        }

        void run() {
            for (int i = 0; i < UPSTREAMS; i++) {
                model.members.put(i, someOrigins());
            }
            add(model);
            try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                    .layout(layout(model))
                    .resolver(ApplyScheduleTest::resolve)
                    .start(net)) {
                check(rig);
                for (int i = 0; i < STEPS; i++) {
                    step(rig);
                }
                for (Open session : sessions) {
                    rig.finish(session.pair, session.pair.client().sent + 1000, session.pair.server().sent + 1000);
                }
            }
            for (Address place : places) {
                assertNobody(place);
            }
        }

        void step(ProxyRig rig) {
            Model next = model.copy();
            for (int i = random.nextInt(3); i >= 0; i--) {
                change(next);
            }
            Layout layout = layout(next);
            if (random.nextInt(4) == 0) {
                spoil(layout);
                rig.refusal(layout);
            } else {
                apply(rig, layout, next);
                model = next;
            }
            check(rig);
            comeAndGo(rig);
        }

        /** Meanwhile, clients of listeners that stay go where they went before or where they go from now on. */
        void apply(ProxyRig rig, Layout layout, Model next) {
            CompletableFuture<Void> applied = CompletableFuture.runAsync(() -> rig.apply(layout));
            for (Address place : places) {
                if (model.names.containsKey(place) && next.names.containsKey(place)) {
                    Set<Integer> either = new HashSet<>(model.targets(place));
                    either.addAll(next.targets(place));
                    sessions.add(open(rig, place, either));
                }
            }
            applied.join();
        }

        void change(Model next) {
            List<Address> used = places.stream().filter(next.names::containsKey).toList();
            List<Address> free = places.stream()
                    .filter(place -> !next.names.containsKey(place))
                    .toList();
            Address one = pick(used);
            switch (random.nextInt(7)) {
                case 0 -> add(next);
                case 1 -> {
                    if (used.size() > 1) {
                        next.names.remove(one);
                        next.upstreams.remove(one);
                    }
                }
                case 2 -> next.names.put(one, "l" + names++);
                case 3 -> next.upstreams.put(one, random.nextInt(UPSTREAMS));
                case 4 -> next.members.put(random.nextInt(UPSTREAMS), someOrigins());
                case 5 -> {
                    if (!free.isEmpty()) {
                        next.move(one, pick(free));
                    }
                }
                default -> swap(next, one, pick(used));
            }
        }

        void swap(Model next, Address one, Address other) {
            if (!one.equals(other)) {
                Address aside = Net.LOOPBACK;
                next.move(one, aside);
                next.move(other, one);
                next.move(aside, other);
            }
        }

        void add(Model next) {
            List<Address> free = places.stream()
                    .filter(place -> !next.names.containsKey(place))
                    .toList();
            if (!free.isEmpty()) {
                Address place = pick(free);
                next.names.put(place, "l" + names++);
                next.upstreams.put(place, random.nextInt(UPSTREAMS));
            }
        }

        Set<Integer> someOrigins() {
            Set<Integer> some = new HashSet<>(Set.of(random.nextInt(ORIGINS)));
            for (int i = 0; i < ORIGINS; i++) {
                if (random.nextInt(3) == 0) {
                    some.add(i);
                }
            }
            return some;
        }

        <T> T pick(List<T> from) {
            return from.get(random.nextInt(from.size()));
        }

        /** What can be applied becomes what cannot. */
        void spoil(Layout layout) {
            switch (random.nextInt(5)) {
                case 0 -> layout.listener("taken", taken, "u0");
                case 1 -> layout.threads(3);
                case 2 -> layout.buffers(1 << 20, 64 << 10);
                case 3 -> layout.listener(ListenerConfig.of("unknown", UNKNOWN, "u0"));
                default ->
                    layout.listener("again", pick(List.copyOf(model.names.keySet())), "u0")
                            .listener("twice", taken, "u0");
            }
        }

        /** What must accept does, and leads where it must; what must not, does not. */
        void check(ProxyRig rig) {
            assertEquals(
                    model.names,
                    rig.proxy.listeners().stream()
                            .collect(
                                    HashMap::new,
                                    (map, bound) -> map.put(
                                            bound.address(), bound.config().name()),
                                    Map::putAll));
            for (Address place : places) {
                if (model.names.containsKey(place)) {
                    sessions.add(open(rig, place, model.targets(place)));
                } else {
                    assertNobody(place);
                }
            }
            Set<Address> shown = new HashSet<>();
            rig.proxy.endpoints().forEach(endpoint -> shown.add(endpoint.address()));
            for (Set<Integer> members : model.members.values()) {
                members.forEach(k -> assertTrue(shown.contains(net.nameOf(origins.get(k)))));
            }
        }

        void comeAndGo(ProxyRig rig) {
            List<Open> staying = new ArrayList<>();
            for (Open session : sessions) {
                Conn client = session.pair.client();
                Conn server = session.pair.server();
                long up = client.sent + random.nextInt(1, 30_000);
                long down = server.sent + random.nextInt(1, 30_000);
                switch (random.nextInt(4)) {
                    case 0 -> staying.add(session);
                    case 1 -> {
                        Traffic.run(
                                net,
                                client.sending(up),
                                server.receiving(up),
                                server.sending(down),
                                client.receiving(down));
                        staying.add(session);
                    }
                    default -> rig.finish(session.pair, up, down);
                }
            }
            sessions.clear();
            sessions.addAll(staying);
        }
    }

    @Test
    void theProxyDoesWhatTheLastConfigurationSays() {
        for (int i = 0; i < 5; i++) {
            places.add(Net.unused());
        }
        places.add(new Address.Unix(folder.resolve("one").toString()));
        places.add(new Address.Unix(folder.resolve("two").toString()));
        for (int i = 0; i < ORIGINS; i++) {
            origins.add(net.listen(Net.LOOPBACK, 64));
        }
        taken = net.nameOf(net.listen(Net.unused(), 1));
        Seeds.each(ROUNDS, seed -> new Round(seed).run());
    }

    private static List<Address> resolve(EndpointAddress endpoint) throws UnknownHostException {
        if (endpoint.equals(UNKNOWN)) {
            throw new UnknownHostException("scripted");
        }
        return Resolver.system(endpoint);
    }

    private Layout layout(Model model) {
        Layout layout = Layout.of(2);
        for (Address place : places) {
            String name = model.names.get(place);
            if (name != null) {
                layout.listener(name, place, "u" + model.upstreams.get(place));
            }
        }
        model.members.forEach((upstream, members) -> layout.upstream(
                "u" + upstream,
                members.stream().map(k -> net.nameOf(origins.get(k))).toArray(Address[]::new)));
        return layout;
    }

    /** A session by way of this address, which must come out at one of these origins. */
    private Open open(ProxyRig rig, Address at, Set<Integer> targets) {
        Stream up = Stream.fresh();
        Stream down = Stream.fresh();
        Conn client = new Conn(net, net.connect(at), up, down);
        origins.forEach(origin -> net.add(origin, Epoll.IN));
        try {
            assertTrue(net.awaitAny(Net.PATIENCE_MILLIS), () -> "nobody came from " + at + ": " + rig.ends);
        } finally {
            origins.forEach(net::remove);
        }
        for (int i = 0; i < ORIGINS; i++) {
            int fd = net.tryAccept(origins.get(i));
            if (fd >= 0) {
                assertTrue(targets.contains(i), "origin " + i + " is none of " + targets);
                return new Open(new ProxyRig.Pair(client, new Conn(net, fd, down, up)), i);
            }
        }
        throw new AssertionError("nobody came");
    }

    private void assertNobody(Address at) {
        int error = net.connectError(at);
        assertTrue(error == Errno.ECONNREFUSED || error == Errno.ENOENT, () -> at + ": " + Errno.describe(error));
    }
}
