package dev.sluice.proxy.upstream;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.Balance;
import dev.sluice.proxy.config.Balancing;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.WhenDown;
import dev.sluice.proxy.upstream.Endpoint.Count;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A group of servers that do the same, as one configuration has it: a connection that picks from it never sees it change. The endpoints and
 * their group outlive it.
 */
public final class Upstream {
    private final Group group;
    private final List<Member> members;
    private final Balancing balancing;
    private final TcpSettings tcp;
    private final WhenDown whenDown;
    private final Balancer balancer;
    private final boolean byTurn;
    private final long slowStartNanos;
    /** Each loop's own. */
    private final @Nullable Roster[] rosters;

    /**
     * @param group of all its endpoints; the name is the upstream's, unique
     * @param members one for each configured endpoint, in the order of the configuration; none while a list has none
     * @param balancing how connections are spread over them
     * @param tcp options of the sockets that are connected to it
     * @param whenDown what becomes of new connections while nobody takes any
     */
    public Upstream(Group group, List<Member> members, Balancing balancing, TcpSettings tcp, WhenDown whenDown) {
        this.group = group;
        this.members = List.copyOf(members);
        this.balancing = balancing;
        this.tcp = tcp;
        this.whenDown = whenDown;
        this.balancer = Balancer.of(balancing.policy());
        this.byTurn = balancing.policy() == Balance.ROUND_ROBIN;
        this.slowStartNanos = balancing.slowStart().toNanos();
        this.rosters = new Roster[group.loops()];
        if (endpoints().anyMatch(endpoint -> endpoint.group() != group)) {
            throw new IllegalArgumentException("an endpoint of '" + name() + "' is in another group");
        }
    }

    /**
     * A configured endpoint: a host name may stand for several addresses, which together are as one endpoint to the balancer and are tried
     * in the order of the resolver.
     *
     * @param name what it is called in the configuration; its clients are kept by that, whatever its addresses are
     * @param endpoints none while its host has no address
     * @param weight its share of the connections, 0 … 256; 0 = none
     * @param backup whether it gets connections only when no other member takes any
     */
    public record Member(String name, List<Endpoint> endpoints, int weight, boolean backup, long hash) {
        public Member {
            endpoints = List.copyOf(endpoints);
        }

        public Member(String name, List<Endpoint> endpoints, int weight, boolean backup) {
            this(name, endpoints, weight, backup, Mix.of(name));
        }

        /** A member of weight 1. */
        public Member(List<Endpoint> endpoints) {
            this(endpoints.isEmpty() ? "" : endpoints.getFirst().address().toString(), endpoints, 1, false);
        }

        /** The endpoint that is tried first, null when none takes connections. */
        @Nullable
        Endpoint firstUp() {
            for (int i = 0; i < endpoints.size(); i++) {
                if (endpoints.get(i).takesNew()) {
                    return endpoints.get(i);
                }
            }
            return null;
        }

        /** Whether an endpoint of it takes connections and is not full. */
        boolean hasRoom() {
            for (int i = 0; i < endpoints.size(); i++) {
                if (endpoints.get(i).takesNew() && endpoints.get(i).hasRoom()) {
                    return true;
                }
            }
            return false;
        }

        /** Whether an endpoint of it may be full. */
        boolean isLimited() {
            for (int i = 0; i < endpoints.size(); i++) {
                if (endpoints.get(i).maxSessions() > 0) {
                    return true;
                }
            }
            return false;
        }

        /** Whether it has one address, and no limit. */
        boolean isPlain() {
            return endpoints.size() == 1 && !isLimited();
        }

        /** Of all its endpoints, those being made included. */
        long sessions() {
            long sum = 0;
            for (int i = 0; i < endpoints.size(); i++) {
                sum += endpoints.get(i).sum(Count.SESSIONS);
            }
            return sum;
        }
    }

    public String name() {
        return group.name();
    }

    public Group group() {
        return group;
    }

    public List<Member> members() {
        return members;
    }

    public Balancing balancing() {
        return balancing;
    }

    public TcpSettings tcp() {
        return tcp;
    }

    public WhenDown whenDown() {
        return whenDown;
    }

    /** What outlives it. */
    public UpstreamState state() {
        return group.state();
    }

    /** What it is in the newest configuration that has it. */
    public Upstream newest() {
        return state().newest(this);
    }

    /** The endpoints of all members; one may be among them more than once. */
    public Stream<Endpoint> endpoints() {
        return members.stream().flatMap(member -> member.endpoints().stream());
    }

    /** Whether an endpoint takes connections, if there is room; from any thread. */
    public boolean isUp() {
        for (int i = 0; i < members.size(); i++) {
            if (members.get(i).weight() > 0 && members.get(i).firstUp() != null) {
                return true;
            }
        }
        return false;
    }

    /** Whether an endpoint takes connections and is not full; from any thread. It may be by the time that anybody tries. */
    public boolean hasRoom() {
        for (int i = 0; i < members.size(); i++) {
            if (members.get(i).weight() > 0 && members.get(i).hasRoom()) {
                return true;
            }
        }
        return false;
    }

    /**
     * The endpoints to try for one connection; on the thread of that loop.
     *
     * @param client who connects
     */
    public Candidates candidates(int loop, Address client) {
        return new Candidates(this, loop, group.turn(loop), client);
    }

    /** Who takes connections now; on the thread of that loop. */
    Roster roster(int loop) {
        Roster last = rosters[loop];
        if (last != null && last.isCurrent(group)) {
            return last;
        }
        Roster next = Roster.of(group, members, slowStartNanos);
        rosters[loop] = next;
        return next;
    }

    /** Whether the turn alone decides who is tried first, if he can be. */
    boolean byTurn() {
        return byTurn;
    }

    Balancer balancer() {
        return balancer;
    }

    @Override
    public String toString() {
        return name();
    }
}
