package dev.sluice.proxy.control;

import dev.sluice.proxy.arrive.Reception;
import dev.sluice.proxy.relay.RelayContext;

/**
 * What lives on a data loop.
 *
 * @param relay what its sessions share
 * @param reception where its connections come in
 */
public record DataLoop(RelayContext relay, Reception reception) implements LoopThread.Tenant {
    @Override
    public void close() {
        relay.close();
        reception.close();
    }
}
