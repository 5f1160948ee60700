package dev.sluice.proxy.upstream;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints to try for one connection, one after the other: those of the member that is next, then those of the others, each
 * once. An endpoint that takes no new connections is passed over.
 */
public final class Candidates {
    private final List<Upstream.Member> members;
    private int member;
    private int left;
    private int endpoint;

    /**
     * @param first the member to begin with
     */
    Candidates(List<Upstream.Member> members, int first) {
        this.members = members;
        this.member = first;
        this.left = members.size();
    }

    /** The next one, or null when each was given. */
    @Nullable
    public Endpoint next() {
        while (left > 0) {
            List<Endpoint> endpoints = members.get(member).endpoints();
            if (endpoint < endpoints.size()) {
                Endpoint next = endpoints.get(endpoint++);
                if (next.state() == Endpoint.State.UP) {
                    return next;
                }
            } else {
                endpoint = 0;
                member = member + 1 == members.size() ? 0 : member + 1;
                left--;
            }
        }
        return null;
    }
}
