package dev.sluice.proxy.upstream;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.Balance;
import dev.sluice.proxy.config.Balancing;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.WhenDown;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.upstream.Endpoint.Count;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Endpoints under a clock that a test turns, each a member of its own unless it says otherwise; nothing is connected to. */
final class Servers {
    static final long SECOND = 1_000_000_000L;

    long now = 1_000 * SECOND;
    final Group group;
    private final List<Upstream.Member> members = new ArrayList<>();
    private Balancing balancing = Balancing.DEFAULTS;
    private @Nullable Upstream upstream;

    Servers(int loops, long seed) {
        group = new Group("test", loops, () -> now, seed);
    }

    static Address address(int number) {
        return new Address.V4(0x0a000001 + number, 5432);
    }

    /** A client of this number. */
    static Address client(int number) {
        return new Address.V4(0xc0a80000 + number, 40_000);
    }

    Servers policy(Balance policy) {
        return balancing(balancing.withPolicy(policy));
    }

    Servers retries(int count) {
        return balancing(balancing.withRetries(count));
    }

    Servers slowStart(long nanos) {
        return balancing(balancing.withSlowStart(Duration.ofNanos(nanos)));
    }

    private Servers balancing(Balancing other) {
        balancing = other;
        upstream = null;
        return this;
    }

    /** Members with these weights. */
    Servers weights(int... weights) {
        for (int weight : weights) {
            add(weight, false);
        }
        return this;
    }

    /** Backups with these weights. */
    Servers backups(int... weights) {
        for (int weight : weights) {
            add(weight, true);
        }
        return this;
    }

    private void add(int weight, boolean backup) {
        Address address = address(members.size());
        member(new Upstream.Member(address.toString(), List.of(new Endpoint(group, address)), weight, backup));
    }

    Servers member(Upstream.Member member) {
        members.add(member);
        upstream = null;
        return this;
    }

    Servers shuffle(Random random) {
        Collections.shuffle(members, random);
        upstream = null;
        return this;
    }

    /** Without this member, as after another configuration. */
    Servers without(int member) {
        members.remove(member);
        upstream = null;
        return this;
    }

    int size() {
        return members.size();
    }

    Upstream upstream() {
        Upstream made = upstream;
        if (made == null) {
            made = new Upstream(group, members, balancing, TcpSettings.DEFAULTS, WhenDown.REFUSE);
            upstream = made;
        }
        return made;
    }

    Endpoint endpoint(int member) {
        return members.get(member).endpoints().getFirst();
    }

    Candidates candidates(int loop) {
        return upstream().candidates(loop, Net.LOOPBACK);
    }

    /** Whom a connection of this loop tries first, and which of the members that is; −1 for nobody. A claim is given back. */
    int pick(int loop, Address client) {
        Candidates candidates = upstream().candidates(loop, client);
        Endpoint given = candidates.next();
        if (given == null) {
            return -1;
        }
        if (candidates.isClaimed()) {
            given.giveBack();
        }
        return indexOf(given);
    }

    int pick(int loop) {
        return pick(loop, Net.LOOPBACK);
    }

    /** The same, and it becomes a session that stays. */
    int open(int loop) {
        Candidates candidates = candidates(loop);
        Endpoint given = candidates.next();
        if (given == null) {
            return -1;
        }
        given.count(loop, Count.SESSIONS, 1);
        return indexOf(given);
    }

    /** Whose it is; −1 for nobody. */
    int indexOf(@Nullable Endpoint endpoint) {
        if (endpoint == null) {
            return -1;
        }
        for (int i = 0; i < members.size(); i++) {
            if (members.get(i).endpoints().contains(endpoint)) {
                return i;
            }
        }
        throw new AssertionError(endpoint);
    }

    /** How often each is whom a connection tries first. */
    int[] picks(int count) {
        int[] picks = new int[members.size()];
        for (int i = 0; i < count; i++) {
            picks[pick(i % group.loops())]++;
        }
        return picks;
    }

    static List<Endpoint> all(Candidates candidates) {
        List<Endpoint> given = new ArrayList<>();
        for (Endpoint next = candidates.next(); next != null; next = candidates.next()) {
            given.add(next);
        }
        return given;
    }
}
