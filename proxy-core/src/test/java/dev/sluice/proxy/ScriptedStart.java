package dev.sluice.proxy;

import dev.sluice.linux.Kernel;
import dev.sluice.proxy.config.Activation;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.names.Resolver;
import dev.sluice.proxy.roles.Roles;
import dev.sluice.proxy.stats.ProxyObserver;
import java.util.function.Supplier;

/** Lets tests of other packages put a script between a proxy and the machine. */
@SuppressWarnings({"exports", "missing-explicit-ctor"}) // a test's, and no API
public final class ScriptedStart {
    private ScriptedStart() {}

    /**
     * Starts a proxy.
     *
     * @param kernels gives each thread that asks a kernel of its own
     * @param resolver looks names up
     */
    public static Proxy start(ProxyConfig config, ProxyObserver observer, Supplier<Kernel> kernels, Resolver resolver)
            throws ProxyStartException {
        return Proxy.start(config, observer, kernels, resolver, Roles.NONE, Activation.NONE, null);
    }
}
