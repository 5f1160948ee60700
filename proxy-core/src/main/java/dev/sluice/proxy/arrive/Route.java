package dev.sluice.proxy.arrive;

import dev.sluice.proxy.listen.ListenSocket;
import dev.sluice.proxy.relay.SessionPolicy;
import dev.sluice.proxy.upstream.ConnectSettings;
import dev.sluice.proxy.upstream.Upstream;

/**
 * What happens to a listener's connections. A connection keeps the route with which it was accepted, for life.
 *
 * @param socket where they come from
 * @param policy for their sessions
 * @param upstream where they go
 * @param connect how they get there
 */
public record Route(ListenSocket socket, SessionPolicy policy, Upstream upstream, ConnectSettings connect) {}
