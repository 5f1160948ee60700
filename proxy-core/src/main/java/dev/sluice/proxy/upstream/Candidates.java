package dev.sluice.proxy.upstream;

import dev.sluice.linux.Address;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints to try for one connection, one after the other, each member once: first the one that the balancer chooses, then whom it
 * would choose without those that were tried, backups last, and no more than 1 + retries members in all. The addresses of one member are
 * tried in their order, and count as one: they are one server to who configured it, as they would be to any client that looks the name
 * up. An endpoint that takes no new connections, or is full, is passed over and does not count.
 */
public final class Candidates {
    /** Why there is nobody to try. */
    public enum Outcome {
        /** Nobody takes connections. */
        DOWN,
        /** Somebody does, and is full; it may be tried later. */
        FULL,
        /** All were tried, or as many as may be. */
        TRIED
    }

    private static final int NONE = -1;

    private final Upstream upstream;
    private final int loop;
    private final long turn;
    private final Address client;
    /** Random numbers so far. */
    private int draws;
    /** Members that may still be tried. */
    private int left;
    /** Whose addresses are being tried. */
    private int member = NONE;

    private int address;
    private boolean claimed;
    private @Nullable BitSet tried;

    /**
     * @param turn how many connections there were before
     */
    Candidates(Upstream upstream, int loop, long turn, Address client) {
        this.upstream = upstream;
        this.loop = loop;
        this.turn = turn;
        this.client = client;
        this.left = 1 + upstream.balancing().retries();
    }

    /**
     * The next one, or null when there is nobody, of which {@link #outcome} says why. Room in it has been claimed where there is a limit:
     * whoever is given an endpoint counts it as a session and calls {@link Endpoint#leave} at its end. After a null it may be asked again:
     * who was down or full then may not be now.
     */
    @Nullable
    public Endpoint next() {
        if (member == NONE && tried == null && left > 0 && upstream.byTurn()) {
            // What almost every connection needs, without the rest of what there is.
            Tier tier = upstream.roster(loop).first();
            int place = tier.plainTurn(turn);
            if (place != Tier.NOBODY) {
                member = tier.index(place);
                address = 1;
                left--;
                return tier.plain(place);
            }
        }
        if (member != NONE) {
            Endpoint next = nextOf(upstream.members().get(member));
            if (next != null) {
                return next;
            }
            if (tried == null) {
                tried = new BitSet(upstream.members().size());
            }
            tried.set(member);
            member = NONE;
        }
        if (left == 0) {
            return null;
        }
        // Others may take the last place of whom the balancer chose; so often in a row hardly.
        for (int i = 0; i <= upstream.members().size(); i++) {
            int chosen = choose();
            if (chosen == NONE) {
                return null;
            }
            address = 0;
            Endpoint next = nextOf(upstream.members().get(chosen));
            if (next != null) {
                member = chosen;
                left--;
                return next;
            }
        }
        return null;
    }

    private @Nullable Endpoint nextOf(Upstream.Member of) {
        while (address < of.endpoints().size()) {
            Endpoint next = of.endpoints().get(address++);
            if (next.takesNew()) {
                if (next.maxSessions() == 0) {
                    claimed = false;
                    return next;
                }
                if (next.claim()) {
                    claimed = true;
                    return next;
                }
            }
        }
        return null;
    }

    private int choose() {
        Roster roster = upstream.roster(loop);
        int chosen = choose(roster.first());
        return chosen == NONE ? choose(roster.backups()) : chosen;
    }

    private int choose(Tier tier) {
        int place = tier.size() == 0 ? Tier.NOBODY : upstream.balancer().choose(tier, this);
        return place == Tier.NOBODY ? NONE : tier.index(place);
    }

    /** Whether they are those of this configuration of their upstream. */
    @SuppressWarnings("ReferenceEquality") // each configuration has its own
    boolean areOf(Upstream configuration) {
        return upstream == configuration;
    }

    /** Whether room has been claimed in the endpoint that was given last. */
    public boolean isClaimed() {
        return claimed;
    }

    /** Why there is nobody, after {@link #next} was null. */
    public Outcome outcome() {
        if (left == 0) {
            return Outcome.TRIED;
        }
        Roster roster = upstream.roster(loop);
        if (hasUntried(roster.first()) || hasUntried(roster.backups())) {
            return Outcome.FULL;
        }
        return tried == null ? Outcome.DOWN : Outcome.TRIED;
    }

    /**
     * Lets the one member be tried again that was tried, after {@link #next} was null: as another try of those that there may be.
     *
     * @return false when there may be no more, or when it is not the only one that takes connections
     */
    boolean again() {
        Roster roster = upstream.roster(loop);
        if (left == 0
                || tried == null
                || roster.first().size() + roster.backups().size() != 1) {
            return false;
        }
        tried.clear();
        return true;
    }

    /** Whether one that was not tried has room by now. */
    boolean hasRoomNow() {
        Roster roster = upstream.roster(loop);
        return hasRoom(roster.first()) || hasRoom(roster.backups());
    }

    private boolean hasRoom(Tier tier) {
        for (int i = 0; i < tier.size(); i++) {
            if (mayTry(tier, i)) {
                return true;
            }
        }
        return false;
    }

    private boolean hasUntried(Tier tier) {
        for (int i = 0; i < tier.size(); i++) {
            if (!wasTried(tier.index(i))) {
                return true;
            }
        }
        return false;
    }

    private boolean wasTried(int index) {
        return tried != null && tried.get(index);
    }

    /** For the balancer: whether this one was not tried yet, and is not full. */
    boolean mayTry(Tier tier, int place) {
        return !wasTried(tier.index(place)) && tier.hasRoom(place);
    }

    /** For the balancer: how many connections there were before. */
    long turn() {
        return turn;
    }

    /** For the balancer: who connects. */
    Address client() {
        return client;
    }

    /** For the balancer: another random number. */
    long random() {
        return Mix.nth(upstream.group().seed(loop, turn), draws++);
    }
}
