package dev.sluice.proxy.upstream;

import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.config.WhenDown;
import java.util.List;

/**
 * A group of servers that do the same, as one configuration has it: immutable, so that a connection that picks from it never sees it change.
 * The endpoints and the balancer in it outlive it.
 *
 * @param name unique
 * @param members one for each configured endpoint, in the order of the configuration
 * @param balancer which member is next
 * @param tcp options of the sockets that are connected to it
 * @param whenDown what becomes of new connections while nobody takes any
 * @param state what outlives this
 */
public record Upstream(
        String name, List<Member> members, Balancer balancer, TcpSettings tcp, WhenDown whenDown, UpstreamState state) {
    public Upstream {
        members = List.copyOf(members);
        if (members.isEmpty()) {
            throw new IllegalArgumentException("upstream '" + name + "' has no members");
        }
    }

    /**
     * A configured endpoint: a host name may stand for several addresses, which together are as one endpoint to the balancer and are tried in the order
     * of the resolver.
     *
     * @param endpoints at least one
     */
    public record Member(List<Endpoint> endpoints) {
        public Member {
            endpoints = List.copyOf(endpoints);
            if (endpoints.isEmpty()) {
                throw new IllegalArgumentException("a member without an endpoint");
            }
        }
    }

    /** The endpoints to try for one connection; on the thread of that loop. */
    public Candidates candidates(int loop) {
        return new Candidates(members, balancer.first(loop, members.size()));
    }
}
