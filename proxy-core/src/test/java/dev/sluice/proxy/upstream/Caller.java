package dev.sluice.proxy.upstream;

import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.proxy.config.Balancing;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.WhenDown;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Handler;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.testkit.LoopRig;
import dev.sluice.proxy.testkit.Net;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Somebody who wants one connection, as an arrival does, and remembers what he was told. */
final class Caller implements Handler, Connector.Owner {
    private static final int TAG = 1;
    private static final int EVENTS = Epoll.IN | Epoll.OUT | Epoll.RDHUP | Epoll.ET;
    private static final long SECOND = 1_000_000_000L;

    /** So long that no test waits for it. */
    static final ConnectSettings PATIENT = new ConnectSettings(60 * SECOND, 60 * SECOND, TcpSettings.DEFAULTS);

    private final LoopRig rig;
    private final EventLoop loop;
    private final ConnectContext context;
    final Connector connector;
    private final int slot;

    /** Who was connected, or tried last. */
    @Nullable
    Endpoint endpoint;

    /** Connected, −1 as long as it is not. */
    int fd = -1;

    /** Why it failed, null as long as it has not. */
    @Nullable
    EndCause cause;

    int errno;

    /** Something threw, and this was told. */
    boolean faulted;

    /** When the outcome was told. */
    long toldAt;

    private boolean told;

    Caller(LoopRig rig, ConnectContext context, Upstream upstream, ConnectSettings settings) {
        this.rig = rig;
        this.loop = rig.loop();
        this.context = context;
        slot = loop.attach(this);
        connector = new Connector(context, this, slot, TAG, EVENTS, upstream, Net.LOOPBACK, settings);
    }

    /** An upstream of one address for each member. */
    static Upstream upstream(Address... addresses) {
        Group group = new Group("test", 1);
        List<Upstream.Member> members = Stream.of(addresses)
                .map(address -> new Upstream.Member(List.of(new Endpoint(group, address))))
                .toList();
        return upstream(group, members, WhenDown.REFUSE);
    }

    /** Each member is tried once. */
    static Upstream upstream(Group group, List<Upstream.Member> members, WhenDown whenDown) {
        return upstream(group, members, members.size() - 1, whenDown);
    }

    static Upstream upstream(Group group, List<Upstream.Member> members, int retries, WhenDown whenDown) {
        return new Upstream(group, members, Balancing.DEFAULTS.withRetries(retries), TcpSettings.DEFAULTS, whenDown);
    }

    static Endpoint endpoint(Upstream upstream, int member) {
        return upstream.members().get(member).endpoints().getFirst();
    }

    /** Begins; a throw is treated as arrivals have it. */
    Caller start() {
        try {
            connector.start();
        } catch (RuntimeException | OutOfMemoryError e) {
            loop.failed(this, e);
        }
        return this;
    }

    boolean isTold() {
        return told;
    }

    boolean isConnected() {
        return fd >= 0;
    }

    boolean hasFailed() {
        return cause != null;
    }

    /** Ends the connection. */
    void hangUp() {
        rig.kernel.close(fd);
        Objects.requireNonNull(endpoint).leave(context.index, connector.isClaimed());
    }

    /** The same, and gives back the place that it had claimed. */
    void leave() {
        rig.kernel.close(fd);
        Objects.requireNonNull(endpoint).leave(context.index, connector.isClaimed());
    }

    @Override
    public void onEvents(int tag, int events) {
        if (!told && !faulted) {
            connector.onEvents(events);
        }
    }

    @Override
    public void onConnected(Endpoint to, int connected, int events) {
        outcome();
        endpoint = to;
        fd = connected;
    }

    @Override
    public void onFailed(@Nullable Endpoint last, EndCause why, int error) {
        outcome();
        endpoint = last;
        cause = why;
        errno = error;
    }

    private void outcome() {
        assertFalse(told, "told twice");
        told = true;
        toldAt = loop.now();
        loop.detach(slot);
    }

    @Override
    public void onStop() {
        if (!told) {
            connector.cancel();
        }
    }

    @Override
    public void onFault() {
        faulted = true;
        onStop();
    }
}
