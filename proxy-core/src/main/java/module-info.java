/** The proxy as a library: start one from a configuration, watch its numbers, drain it. */
module dev.sluice.proxy {
    requires transitive dev.sluice.linux;
    requires static transitive org.jspecify;

    exports dev.sluice.proxy;
    exports dev.sluice.proxy.config;
    exports dev.sluice.proxy.cpu;
    exports dev.sluice.proxy.names;
    exports dev.sluice.proxy.roles;
    exports dev.sluice.proxy.stats;
}
