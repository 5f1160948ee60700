package dev.sluice.proxy.control;

import dev.sluice.proxy.config.ProxyConfig;

/** What the loops were made with: it does not change while they run. */
final class FixedSettings {
    private FixedSettings() {}

    /**
     * Whether one configuration can follow another.
     *
     * @throws Refusal when something would change that needs a restart
     */
    static void check(ProxyConfig now, ProxyConfig next) throws Refusal {
        check("threads", now.loops().threads(), next.loops().threads());
        check("busy-poll", now.loops().busyPoll(), next.loops().busyPoll());
        check("pin", now.loops().pin(), next.loops().pin());
        check("pipe-size", now.buffers().pipeSize(), next.buffers().pipeSize());
        check("copy-buffer", now.buffers().copyBuffer(), next.buffers().copyBuffer());
        check("stash-limit", now.buffers().stashLimit(), next.buffers().stashLimit());
    }

    private static void check(String key, Object now, Object next) throws Refusal {
        if (!now.equals(next)) {
            throw new Refusal(key + " cannot change from " + now + " to " + next
                    + " while the proxy runs: nothing was changed; a restart is needed for that");
        }
    }
}
