package dev.sluice.proxy.listen;

import dev.sluice.linux.Address;
import dev.sluice.proxy.relay.RelayContext;
import dev.sluice.proxy.relay.Session;
import dev.sluice.proxy.relay.SessionPolicy;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.upstream.ConnectSettings;
import dev.sluice.proxy.upstream.Connector;
import dev.sluice.proxy.upstream.Upstream;
import org.jspecify.annotations.Nullable;

/**
 * An accepted client on its way to an upstream. The client's socket is not watched meanwhile: what it sends waits in its
 * socket buffer, and whether it has gone shows once there is a session.
 */
final class Admission extends Connector {
    private final RelayContext context;
    private final SessionPolicy policy;
    private final int clientFd;
    private final SessionEnd.Builder record;

    Admission(
            RelayContext context,
            SessionPolicy policy,
            ConnectSettings shared,
            Upstream upstream,
            int turn,
            int opened,
            int clientFd,
            Address client,
            long acceptedAt) {
        super(context.kernel(), context.loop(), shared, upstream, turn, opened);
        this.context = context;
        this.policy = policy;
        this.clientFd = clientFd;
        this.record = new SessionEnd.Builder(policy.listener(), client, policy.relay(), acceptedAt);
    }

    @Override
    protected void onConnected(int slot, int fd, Address address, int events) {
        Session.start(context, policy, new Session.Connected(slot, clientFd, fd, events, address, record));
    }

    @Override
    protected void onFailed(@Nullable Address last, int errno) {
        // A client that was never connected to anything has not seen the end of anything: a reset, not a FIN.
        context.kernel().setLinger(clientFd, 0);
        context.kernel().close(clientFd);
        record.tried(last).because(EndCause.ofConnect(errno), errno);
        context.ended(record.end(context.loop().now(), 0, 0, 0));
    }
}
