package dev.sluice.cli.admin;

import dev.sluice.cli.log.Events;
import dev.sluice.cli.metrics.Scrape;
import dev.sluice.proxy.Proxy;
import java.time.Duration;
import java.util.List;

/** The running service, as far as the admin interface has to do with it. From any thread. */
public interface Target extends Scrape.Service {
    /**
     * What came of an order.
     *
     * @param done whether it was carried out
     * @param lines what there is to say, a line each
     */
    record Outcome(boolean done, List<String> lines) {}

    /**
     * A process before this one, whose sessions have not all ended.
     *
     * @param admin where it can be asked
     */
    record Predecessor(long pid, String admin) {}

    Proxy proxy();

    /** Those that this process, or one before it, has taken over from; none once this one drains. */
    List<Predecessor> predecessors();

    Events events();

    /** The effective configuration, as maps, lists, texts, numbers and booleans. */
    Object configuration();

    /** Reads the configuration file again and goes over to it; blocks until that is done. */
    Outcome reload();

    /** Accepts nothing new after {@link #drainDelay}, and ends when the sessions have, or the drain timeout is over. Does not wait for that. */
    void drain();

    /** For how long it accepts after an order to drain; what is left of that when one was given. */
    Duration drainDelay();

    /** Whether it was told to drain and still accepts. */
    boolean isLeaving();

    /** Ends at once; sessions are cut. Does not wait for that. */
    void quit();
}
