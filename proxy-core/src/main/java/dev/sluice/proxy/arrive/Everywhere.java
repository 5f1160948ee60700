package dev.sluice.proxy.arrive;

import dev.sluice.linux.Errno;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.ListenerStats;
import dev.sluice.proxy.stats.Refusal;
import dev.sluice.proxy.upstream.ConnectSettings;
import dev.sluice.proxy.upstream.Endpoint;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A request that goes to every endpoint that is not down, those that were removed and have sessions still included, a few at a time, each in a connection of its own ({@link Courier}). It is over when
 * every one of them has ended.
 */
final class Everywhere {
    /** Connections at once for one request. */
    static final int AT_ONCE = 16;

    private final Arrival arrival;
    private final Reception reception;
    private final ConnectSettings settings;
    private final ListenerStats.Row row;
    private final byte[] request;
    private final Queue<Endpoint> left = new ArrayDeque<>();
    private final List<Courier> underWay = new ArrayList<>();
    /** The arrival's descriptor for an upstream is free; for all others one is claimed. */
    private boolean ownFree = true;

    private boolean over;
    private int asked;
    private long sent;
    private @Nullable Endpoint failed;
    private int errno;

    Everywhere(Arrival arrival, Reception reception, Route route, byte[] request) {
        this.arrival = arrival;
        this.reception = reception;
        this.settings = route.connect();
        this.row = route.stats().row(reception.index());
        this.request = request;
        Stream.concat(route.upstream().endpoints(), route.upstream().group().removed().stream())
                .distinct()
                .filter(endpoint -> endpoint.state() != Endpoint.State.DOWN)
                .forEach(left::add);
    }

    /** Begins. It may be over before this returns. */
    void begin() {
        if (left.isEmpty()) {
            over = true;
            arrival.refuse(Refusal.DOWN);
        } else {
            goOn();
        }
    }

    private void goOn() {
        while (!left.isEmpty() && underWay.size() < AT_ONCE) {
            boolean own = ownFree;
            Courier courier = new Courier(this, reception, left.element(), settings, row, request, own);
            underWay.add(courier);
            if (!own && !reception.budget().claim(1)) {
                underWay.removeLast(); // one whose descriptor is claimed is under way, and when it ends there is more
                break;
            }
            ownFree = false;
            left.remove();
            asked++;
            int result = begin(courier);
            if (result < 0) {
                courier.close();
                ended(courier, -result);
            }
        }
        if (underWay.isEmpty() && !over) {
            over = true;
            EndCause cause = errno == 0 ? EndCause.UPSTREAM_CLOSED : EndCause.ofConnect(errno);
            arrival.wentEverywhere(failed, asked, cause, errno, sent);
        }
    }

    private static int begin(Courier courier) {
        try {
            return courier.begin();
        } catch (OutOfMemoryError e) {
            return -Errno.ENOMEM;
        }
    }

    /** Nobody is asked any more. */
    void cancel() {
        over = true;
        List.copyOf(underWay).forEach(Courier::close);
        underWay.clear();
    }

    /**
     * One has ended, and has closed its connection.
     *
     * @param why 0 when the server has got the request, and has ended
     */
    void onEnd(Courier courier, int why) {
        if (!ended(courier, why) || over) {
            return;
        }
        try {
            goOn();
        } catch (RuntimeException | OutOfMemoryError e) {
            reception.loop().failed(arrival, e);
        }
    }

    private boolean ended(Courier courier, int why) {
        if (!underWay.remove(courier)) {
            return false;
        }
        ownFree |= courier.isOwn();
        sent += courier.sent();
        if (why != 0) {
            failed = courier.endpoint();
            errno = why;
        }
        return true;
    }
}
