package dev.sluice.proxy.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.proxy.ApplyException;
import dev.sluice.proxy.Proxy;
import dev.sluice.proxy.ProxyStartException;
import dev.sluice.proxy.ScriptedStart;
import dev.sluice.proxy.config.BufferSettings;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.Timeouts;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.names.Resolver;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndpointChange;
import dev.sluice.proxy.stats.EndpointSnapshot;
import dev.sluice.proxy.stats.ListenerChange;
import dev.sluice.proxy.stats.MembersChange;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.ProxySnapshot;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.stats.SessionReport;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A proxy under a {@link Script}, an origin behind it, and what the proxy told. */
public final class ProxyRig implements AutoCloseable {
    /** What a test wants otherwise than usual. */
    public static final class Plan {
        private RelayMode relay;
        private int threads = 1;
        private int pipeSize = 64 << 10;
        private int copyBuffer = 64 << 10;
        private long stashLimit = BufferSettings.DEFAULT_STASH_LIMIT;
        private Duration connectTimeout = Duration.ofSeconds(5);
        private Duration idleTimeout = Duration.ZERO;
        private Duration halfCloseTimeout = Duration.ofSeconds(30);
        private Duration coalesce = ListenerConfig.DEFAULT_COALESCE;
        private Address bind = Net.LOOPBACK;
        private Address origin = Net.LOOPBACK;
        private int backlog = 1024;
        private List<Address> upstreams = List.of();
        private UnaryOperator<UpstreamConfig> upstream = UnaryOperator.identity();
        private boolean plain;
        private boolean watched;
        private @Nullable Layout layout;
        private @Nullable Script control;
        private Resolver resolver = Resolver::system;

        private Plan(RelayMode relay) {
            this.relay = relay;
        }

        public Plan threads(int count) {
            threads = count;
            return this;
        }

        public Plan pipeSize(int bytes) {
            pipeSize = bytes;
            return this;
        }

        public Plan copyBuffer(int bytes) {
            copyBuffer = bytes;
            return this;
        }

        public Plan stashLimit(long bytes) {
            stashLimit = bytes;
            return this;
        }

        public Plan connectTimeout(Duration timeout) {
            connectTimeout = timeout;
            return this;
        }

        public Plan idleTimeout(Duration timeout) {
            idleTimeout = timeout;
            return this;
        }

        public Plan halfCloseTimeout(Duration timeout) {
            halfCloseTimeout = timeout;
            return this;
        }

        public Plan coalesce(Duration delay) {
            coalesce = delay;
            return this;
        }

        /** Where the proxy listens. */
        public Plan bind(Address address) {
            bind = address;
            return this;
        }

        /** Where the origin listens. */
        public Plan origin(Address address) {
            origin = address;
            return this;
        }

        public Plan backlog(int connections) {
            backlog = connections;
            return this;
        }

        /** Where the proxy connects, where that is not the origin only. */
        public Plan upstreams(Address... addresses) {
            upstreams = List.of(addresses);
            return this;
        }

        /** What else is to be said of the upstream. */
        public Plan upstream(UnaryOperator<UpstreamConfig> change) {
            upstream = change;
            return this;
        }

        /** Without a script in between, as it is in earnest. */
        public Plan plain() {
            plain = true;
            return this;
        }

        /** Somebody wants to know all that has its price: what the kernel measures, and how long turns take. */
        public Plan watched() {
            watched = true;
            return this;
        }

        /** All listeners, upstreams and loops, instead of one listener in front of the origin; what else the plan says does not count. */
        public Plan layout(Layout other) {
            layout = other;
            return this;
        }

        /** What happens to the calls of the control loop, which the other script does not see. */
        public Plan control(Script script) {
            control = script;
            return this;
        }

        /** What names stand for. */
        public Plan resolver(Resolver other) {
            resolver = other;
            return this;
        }

        private ProxyConfig config(Address origin) {
            if (layout != null) {
                return layout.config();
            }
            ListenerConfig listener = ListenerConfig.of("test", EndpointAddress.parse(bind.toString()), "origin")
                    .withRelay(relay)
                    .withCoalesce(coalesce)
                    .withTimeouts(Timeouts.DEFAULTS
                            .withConnect(connectTimeout)
                            .withIdle(idleTimeout)
                            .withHalfClose(halfCloseTimeout));
            Address[] endpoints = upstreams.isEmpty() ? new Address[] {origin} : upstreams.toArray(Address[]::new);
            return Layout.of(threads)
                    .buffers(new BufferSettings(pipeSize, copyBuffer, stashLimit))
                    .listener(listener)
                    .upstream("origin", endpoints)
                    .change("origin", upstream)
                    .config();
        }

        private Supplier<Kernel> kernels(Script script) {
            if (plain) {
                return LinuxKernel::open;
            }
            Script other = control;
            return () -> other != null && Thread.currentThread().getName().equals("sluice-control")
                    ? new ScriptedKernel(LinuxKernel.open(), other)
                    : script.kernel();
        }

        public ProxyRig start(Net net) {
            return start(net, new Script());
        }

        public ProxyRig start(Net net, Script script) {
            try {
                return new ProxyRig(net, script, this);
            } catch (ProxyStartException e) {
                throw new AssertionError(e);
            }
        }

        /** For a proxy that may not start. */
        public ProxyRig tryStart(Net net, Script script) throws ProxyStartException {
            return new ProxyRig(net, script, this);
        }
    }

    /** Both ends of a session. */
    public record Pair(Conn client, Conn server) {
        public List<Conn> both() {
            return List.of(client, server);
        }
    }

    public final Net net;
    public final Script script;
    public final int origin;
    public final Address originAddress;
    public final Proxy proxy;
    public final BlockingQueue<SessionEnd> ends = new LinkedBlockingQueue<>();
    /** Of sessions that have begun, or live. */
    public final BlockingQueue<SessionReport> reports = new LinkedBlockingQueue<>();

    public final Queue<String> warnings = new ConcurrentLinkedQueue<>();
    /** What was told of endpoints that came or went. */
    public final Queue<String> memberships = new ConcurrentLinkedQueue<>();

    /** What was told of listeners that closed or listen again. */
    public final Queue<String> listenerChanges = new ConcurrentLinkedQueue<>();

    public final Queue<EndpointChange> changes = new ConcurrentLinkedQueue<>();

    public static Plan plan(RelayMode relay) {
        return new Plan(relay);
    }

    public static ProxyRig start(Net net, RelayMode relay) {
        return plan(relay).start(net);
    }

    private ProxyRig(Net net, Script script, Plan plan) throws ProxyStartException {
        this.net = net;
        this.script = script;
        origin = net.listen(plan.origin, plan.backlog);
        originAddress = net.nameOf(origin);
        ProxyObserver observer = new ProxyObserver() {
            @Override
            public void sessionEnded(SessionEnd end) {
                ends.add(end);
            }

            @Override
            public void sessionReported(SessionReport report) {
                reports.add(report);
            }

            @Override
            public boolean wantsTcpInfo() {
                return plan.watched;
            }

            @Override
            public boolean wantsTurnTimes() {
                return plan.watched;
            }

            @Override
            public void warning(String text) {
                warnings.add(text);
            }

            @Override
            public void endpointChanged(EndpointChange change) {
                changes.add(change);
            }

            @Override
            public void listenerChanged(ListenerChange change) {
                listenerChanges.add(change.toString());
            }

            @Override
            public void membersChanged(MembersChange change) {
                memberships.add(change.toString());
            }
        };
        try {
            proxy = ScriptedStart.start(plan.config(originAddress), observer, plan.kernels(script), plan.resolver);
        } catch (ProxyStartException e) {
            net.close(origin);
            throw e;
        }
    }

    public Address address() {
        return proxy.listeners().getFirst().address();
    }

    /** Where the listener of this name listens now. */
    public Address address(String listener) {
        return proxy.listeners().stream()
                .filter(bound -> bound.config().name().equals(listener))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no listener " + listener))
                .address();
    }

    /** What is known of the endpoint of this address now. */
    public EndpointSnapshot endpoint(Address address) {
        return proxy.endpoints().stream()
                .filter(endpoint -> address.equals(endpoint.address()))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no endpoint " + address));
    }

    /** Waits until the endpoint of this address is up, down or drain. */
    public void awaitState(Address address, String state) {
        await(address + " to be " + state, () -> endpoint(address).state().equals(state));
    }

    /** Until who watches has been told of so many changes of endpoints: that is after their states have changed. */
    public void awaitChanges(int count) {
        await(count + " changes to be told of", () -> changes.size() >= count);
    }

    /** Goes over to another configuration, which must be possible. */
    public void apply(Layout next) {
        try {
            proxy.apply(next.config());
        } catch (ApplyException e) {
            throw new AssertionError(e);
        }
    }

    /** Why it does not go over to another configuration, which must not be possible: one line for a person. */
    public String refusal(Layout next) {
        ApplyException refused = assertThrows(ApplyException.class, () -> proxy.apply(next.config()));
        String message = String.valueOf(refused.getMessage());
        assertTrue(message.length() > 20 && message.lines().count() == 1 && !message.contains("Exception"), message);
        return message;
    }

    public ProxySnapshot snapshot() {
        return proxy.snapshot();
    }

    /** A client, whatever becomes of it. */
    public Conn client(Stream up, Stream down) {
        return new Conn(net, net.connect(address()), up, down);
    }

    /** A client of this address that sends and receives nothing. */
    public Conn client(Address address) {
        return new Conn(net, net.connect(address), Stream.fresh(), Stream.fresh());
    }

    /** The origin's end of the connection that is next. */
    public Conn server(Stream up, Stream down) {
        return new Conn(net, net.accept(origin), down, up);
    }

    /** A session with streams of its own. */
    public Pair open() {
        Stream up = Stream.fresh();
        Stream down = Stream.fresh();
        Conn client = client(up, down);
        return new Pair(client, server(up, down));
    }

    /** The same by way of this listener, to this origin. */
    public Pair open(String listener, int listening) {
        Stream up = Stream.fresh();
        Stream down = Stream.fresh();
        Conn client = new Conn(net, net.connect(address(listener)), up, down);
        return new Pair(client, new Conn(net, net.accept(listening), down, up));
    }

    /** The origin's end of this client's connection, null when the client is cut before there is one. */
    @Nullable
    public Conn serverUnlessCut(Conn client, Stream up, Stream down) {
        net.add(origin, Epoll.IN);
        net.add(client.fd, Epoll.RDHUP);
        try {
            if (!net.awaitAny(Net.PATIENCE_MILLIS)) {
                throw new AssertionError("neither connected nor cut");
            }
        } finally {
            net.remove(origin);
            net.remove(client.fd);
        }
        int fd = net.tryAccept(origin);
        return fd < 0 ? null : new Conn(net, fd, down, up);
    }

    /** A whole session: both streams exact, both ends clean. */
    public SessionEnd exchange(long up, long down) {
        Pair pair = open();
        finish(pair, up, down);
        SessionEnd end = awaitEnd();
        assertEquals(up, end.session().bytesUp());
        assertEquals(down, end.session().bytesDown());
        return end;
    }

    /** Both streams to their ends, which are exact and clean at so many bytes in all. */
    public void finish(Pair pair, long up, long down) {
        Traffic.run(
                net,
                pair.client.sendingAll(up),
                pair.server.receivingAll(),
                pair.server.sendingAll(down),
                pair.client.receivingAll());
        assertWhole(pair, up, down);
        pair.both().forEach(Conn::close);
    }

    /** Whatever happened: what one received is what the other sent, and an end that looks clean comes after all of it. */
    public static void assertHonest(Conn receiver, Conn sender) {
        assertTrue(receiver.received <= sender.sent, () -> receiver + " of " + sender);
        assertTrue(receiver.isOver(), () -> "no end seen by " + receiver);
        if (receiver.ended) {
            assertTrue(
                    sender.finished && receiver.received == sender.sent,
                    () -> "half a stream looks whole to " + receiver + ", sent by " + sender);
        }
    }

    public static void assertWhole(Pair pair, long up, long down) {
        String whole = "sent " + up + ". received " + down + ".";
        assertEquals(whole, pair.client.toString(), "the client");
        assertEquals("sent " + down + ". received " + up + ".", pair.server.toString(), "the server");
    }

    public SessionEnd awaitEnd() {
        try {
            SessionEnd end = ends.poll(Net.PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            if (end == null) {
                throw new AssertionError("no session has ended: " + snapshot());
            }
            return end;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Waits for a condition that no descriptor tells of. */
    public static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + Net.PATIENCE_MILLIS * 1_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline >= 0) {
                throw new AssertionError("waited in vain: " + what);
            }
            pause(1);
        }
    }

    public static void awaitLatch(CountDownLatch latch) {
        try {
            assertTrue(latch.await(Net.PATIENCE_MILLIS, TimeUnit.MILLISECONDS), "waited in vain");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    public static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Waits until the loops have stopped turning. */
    public void awaitQuiet() {
        long[] last = {-1};
        await("the loops to rest", () -> {
            long turns = snapshot().get(Counter.TURNS);
            boolean still = turns == last[0];
            last[0] = turns;
            if (!still) {
                pause(30);
            }
            return still;
        });
    }

    /** Stops the proxy; everything that it had must have been given back. */
    @Override
    public void close() {
        proxy.close();
        net.close(origin);
        ProxySnapshot last = snapshot();
        assertEquals(0, last.get(Counter.ACTIVE), "sessions left");
        assertEquals(0, last.get(Counter.PIPES_OPEN), "pipes left");
        proxy.endpoints()
                .forEach(endpoint -> assertEquals(0, endpoint.sessions(), () -> "sessions left of " + endpoint));
        assertEquals(0, last.get(Counter.STASHED), "stashes left");
    }
}
