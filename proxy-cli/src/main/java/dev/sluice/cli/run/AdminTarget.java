package dev.sluice.cli.run;

import dev.sluice.cli.admin.Target;
import dev.sluice.cli.common.StopSignals;
import dev.sluice.cli.log.Events;
import dev.sluice.proxy.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A service, as the admin interface sees it.
 *
 * @param reloader null when there is no file to read
 */
record AdminTarget(
        Service service,
        Events events,
        StopSignals signals,
        @Nullable Reloader reloader,
        Supplier<Object> effective) implements Target {
    @Override
    public Proxy proxy() {
        return service.proxy();
    }

    @Override
    public Object configuration() {
        return effective.get();
    }

    @Override
    public Outcome reload() {
        if (reloader == null) {
            return new Outcome(false, List.of("not reloaded: the proxy was started without a configuration file"));
        }
        Reloader.Outcome outcome = reloader.reload();
        return new Outcome(
                outcome.done(),
                Stream.concat(outcome.lines().stream(), outcome.warnings().stream())
                        .toList());
    }

    @Override
    public List<Predecessor> predecessors() {
        // Once it has a successor itself, that one tells of all.
        return service.proxy().isDraining()
                ? List.of()
                : Predecessors.of(service.config().takeoverSocket());
    }

    @Override
    public void drain() {
        signals.release();
    }

    @Override
    public Duration drainDelay() {
        Duration left = service.leaving();
        if (left != null) {
            return left;
        }
        return service.proxy().isDraining() ? Duration.ZERO : service.config().drainDelay();
    }

    @Override
    public boolean isLeaving() {
        return service.leaving() != null;
    }

    @Override
    public void quit() {
        signals.quit();
    }

    @Override
    public long logDropped() {
        return service.logDropped();
    }

    @Override
    public long reloads(boolean applied) {
        return reloader == null ? 0 : reloader.count(applied);
    }
}
