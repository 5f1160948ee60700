package dev.sluice.cli.demo;

import dev.sluice.cli.common.CommandFailure;
import dev.sluice.proxy.Proxy;
import dev.sluice.proxy.ProxyStartException;
import dev.sluice.proxy.config.BufferSettings;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.LoopSettings;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.stats.ProxyObserver;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A way to the origin: directly, or through a proxy of one loop that is there for as long as the way. */
final class Way implements AutoCloseable {
    private static final String HERE = "127.0.0.1";

    private final String name;
    private final int port;
    private final @Nullable Proxy proxy;

    private Way(String name, int port, @Nullable Proxy proxy) {
        this.name = name;
        this.port = port;
        this.proxy = proxy;
    }

    static Way direct(Origin origin) {
        return new Way("direct", origin.port(), null);
    }

    /** @throws CommandFailure when the proxy cannot start */
    static Way through(Origin origin, RelayMode relay, ProxyObserver observer) {
        EndpointAddress listen = new EndpointAddress.Tcp(HERE, 0);
        ListenerConfig listener =
                ListenerConfig.of(listen.toString(), listen, "origin").withRelay(relay);
        UpstreamConfig upstream = UpstreamConfig.of("origin", List.of(new EndpointAddress.Tcp(HERE, origin.port())));
        ProxyConfig config =
                new ProxyConfig(LoopSettings.of(1), BufferSettings.DEFAULTS, List.of(listener), List.of(upstream));
        try {
            Proxy proxy = Proxy.start(config, observer);
            return new Way(
                    relay.toString(), proxy.listeners().getFirst().address().port(), proxy);
        } catch (ProxyStartException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()));
        }
    }

    String name() {
        return name;
    }

    int port() {
        return port;
    }

    boolean hasProxy() {
        return proxy != null;
    }

    @Override
    public void close() {
        if (proxy != null) {
            proxy.close();
        }
    }
}
