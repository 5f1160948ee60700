package dev.sluice.proxy.upstream;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Members of an upstream that take new connections at present, with the weights that they have at present: either those that are no
 * backups, or the backups. Immutable.
 */
final class Tier {
    /** Nobody takes the connection. */
    static final int NOBODY = -1;

    /** One of them: what it is, which of the upstream's it is, and its weight, > 0. */
    record Entry(Upstream.Member member, int index, long weight) {}

    private final Upstream.Member[] members;
    private final int[] indexes;
    private final long[] weights;
    /** Whether there is a limit, so that they may be full. */
    private final boolean[] limited;

    private final long total;
    /** Null when all weights are the same. */
    private final @Nullable Rotation rotation;
    /** The members' endpoints, when each has one without a limit and all weights are the same: a turn needs no other look then. */
    private final Endpoint @Nullable [] plain;

    Tier(List<Entry> entries) {
        int size = entries.size();
        members = new Upstream.Member[size];
        indexes = new int[size];
        weights = new long[size];
        limited = new boolean[size];
        long divisor = 0;
        for (Entry entry : entries) {
            divisor = gcd(entry.weight(), divisor);
        }
        long sum = 0;
        for (int i = 0; i < size; i++) {
            members[i] = entries.get(i).member();
            indexes[i] = entries.get(i).index();
            weights[i] = entries.get(i).weight() / divisor;
            limited[i] = members[i].isLimited();
            sum += weights[i];
        }
        total = sum;
        rotation = sum == size ? null : new Rotation(weights, sum);
        plain = rotation == null
                        && entries.stream().allMatch(entry -> entry.member().isPlain())
                ? entries.stream()
                        .map(entry -> entry.member().endpoints().getFirst())
                        .toArray(Endpoint[]::new)
                : null;
    }

    private static long gcd(long one, long other) {
        return other == 0 ? one : gcd(other, one % other);
    }

    int size() {
        return members.length;
    }

    Upstream.Member member(int i) {
        return members[i];
    }

    /** Whether it has room for one more. */
    boolean hasRoom(int i) {
        return !limited[i] || members[i].hasRoom();
    }

    /** Which of the upstream's members it is. */
    int index(int i) {
        return indexes[i];
    }

    long weight(int i) {
        return weights[i];
    }

    /** Whose turn it is, by weight; there must be somebody. */
    int turn(long connections) {
        return rotation == null
                ? (int) remainder(connections, members.length)
                : rotation.at(remainder(connections, total));
    }

    /** The same where nothing but the turn counts, and all that it needs is at hand; else {@link #NOBODY}. */
    int plainTurn(long connections) {
        return plain == null || plain.length == 0 ? NOBODY : (int) remainder(connections, plain.length);
    }

    /** Of a {@link #plainTurn}. */
    Endpoint plain(int i) {
        return Objects.requireNonNull(plain)[i];
    }

    /** Both ≥ 0. A division of ints costs a fraction of one of longs. */
    private static long remainder(long of, long by) {
        return (of | by) <= Integer.MAX_VALUE ? (int) of % (int) by : of % by;
    }

    /**
     * One of those that take the connection, drawn by weight.
     *
     * @param but not this one
     * @return {@link #NOBODY} when there is none
     */
    int draw(Candidates connection, int but) {
        long sum = 0;
        for (int i = 0; i < members.length; i++) {
            if (i != but && connection.mayTry(this, i)) {
                sum += weights[i];
            }
        }
        if (sum == 0) {
            return NOBODY;
        }
        long left = Long.remainderUnsigned(connection.random(), sum);
        int last = NOBODY;
        for (int i = 0; i < members.length; i++) {
            if (i != but && connection.mayTry(this, i)) {
                last = i;
                left -= weights[i];
                if (left < 0) {
                    break;
                }
            }
        }
        return last; // who had room a moment ago may have none now, so the sum may not be reached
    }
}
