package dev.sluice.cli.run;

import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.log.AccessLog;
import dev.sluice.cli.log.Events;
import dev.sluice.cli.log.LineOutput;
import dev.sluice.cli.log.Messages;
import dev.sluice.cli.metrics.Metrics;
import dev.sluice.cli.names.source.SourceResolver;
import dev.sluice.cli.options.ServiceConfig;
import dev.sluice.cli.roles.DriverRoles;
import dev.sluice.cli.roles.PasswordFiles;
import dev.sluice.cli.text.OneLine;
import dev.sluice.proxy.ApplyException;
import dev.sluice.proxy.BoundListener;
import dev.sluice.proxy.Proxy;
import dev.sluice.proxy.ProxyStartException;
import dev.sluice.proxy.Takeover;
import dev.sluice.proxy.config.Activation;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndpointChange;
import dev.sluice.proxy.stats.ListenerChange;
import dev.sluice.proxy.stats.MembersChange;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.stats.SessionReport;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A proxy with its access log and its warnings: from start to end. */
final class Service {
    private final AccessLog accessLog;
    private final Messages messages;
    private final SourceResolver resolver;
    private final @Nullable Metrics metrics;
    private final Proxy proxy;
    private volatile Runnable onIdle = () -> {};
    private volatile boolean endedIdle;
    private volatile ServiceConfig config;
    /** When it stops accepting, by {@link System#nanoTime}; null while nobody has told it to. Changed under the lock, like what it excludes. */
    private volatile @Nullable Long leaves;

    /**
     * Starts it; when this returns, every listener accepts.
     *
     * @param stdout where the access log goes that has no file
     * @param messages where warnings go
     * @param activation what was passed on to this process
     * @param takeover how it is one of a line of proxies, null when it is by itself
     * @param metrics is told of sessions and endpoints; null where nobody asks
     * @throws CommandFailure when it cannot start, with the reason
     */
    Service(
            OutputStream stdout,
            Messages messages,
            ServiceConfig config,
            Activation activation,
            @Nullable Takeover takeover,
            @Nullable Metrics metrics) {
        this.config = config;
        this.messages = messages;
        this.metrics = metrics;
        if (metrics != null) {
            var _ = metrics.follow(config.proxy());
        }
        this.accessLog = new AccessLog(config.accessLog(), stdout, text -> messages.warn(OneLine.of(text)));
        this.resolver = new SourceResolver(text -> messages.warn(OneLine.of(text)));
        try {
            this.proxy = Proxy.start(config.proxy(), new Observer(), resolver, new DriverRoles(), activation, takeover);
        } catch (ProxyStartException e) {
            resolver.close();
            throw new CommandFailure(String.valueOf(e.getMessage()));
        }
        tellMetrics();
        accessLog.start();
        warnOfPasswords();
    }

    private void tellMetrics() {
        if (metrics != null) {
            metrics.listening(proxy.listeners().stream()
                    .map(listener -> listener.config().name())
                    .toList());
        }
    }

    private void warnOfPasswords() {
        PasswordFiles.worries(config.proxy()).forEach(text -> messages.warn(OneLine.of(text)));
    }

    /** On the loops' threads. */
    private final class Observer implements ProxyObserver {
        @Override
        public void sessionEnded(SessionEnd end) {
            if (metrics != null) {
                metrics.sessionEnded(end); // before its line, so that what has a line is counted
            }
            accessLog.offer(end);
        }

        @Override
        public void sessionConnected(@Nullable String upstream, long micros) {
            if (metrics != null) {
                metrics.sessionConnected(upstream, micros);
            }
        }

        @Override
        public void sessionReported(SessionReport report) {
            accessLog.offer(report);
        }

        @Override
        public boolean wantsTcpInfo() {
            return metrics != null || accessLog.isOn();
        }

        @Override
        public boolean wantsTurnTimes() {
            return metrics != null;
        }

        @Override
        public void warning(String text) {
            messages.warn(OneLine.of(text));
        }

        @Override
        public void endpointChanged(EndpointChange change) {
            messages.say(Events.Kind.HEALTH, OneLine.of(change.toString()));
            if (metrics != null) {
                metrics.endpointChanged(change);
            }
        }

        @Override
        public void membersChanged(MembersChange change) {
            messages.say(OneLine.of(change.toString()));
        }

        @Override
        public void listenerChanged(ListenerChange change) {
            messages.say(OneLine.of(change.toString()));
        }
    }

    /**
     * Goes over to another configuration, whole or not at all.
     *
     * @throws ApplyException when the proxy refuses it
     * @throws CommandFailure when another file of the access log cannot be opened, or something would change that needs a restart
     */
    void apply(ServiceConfig next) throws ApplyException {
        if (!next.takeoverSocket().equals(config.takeoverSocket())) {
            throw new CommandFailure(
                    "takeover cannot change from '" + config.takeoverSocket() + "' to '" + next.takeoverSocket()
                            + "' while the proxy runs: nothing was changed; a restart is needed for that");
        }
        if (!next.admin().equals(config.admin())) {
            throw new CommandFailure("admin cannot change while the proxy runs: nothing was changed; a restart, or a"
                    + " takeover, is needed for that");
        }
        LineOutput log = accessLog.open(next.accessLog());
        boolean applied = false;
        // before: no session may end untold
        Runnable takeBack = metrics == null ? () -> {} : metrics.follow(next.proxy());
        try {
            proxy.apply(next.proxy());
            applied = true;
        } finally {
            if (!applied) {
                takeBack.run();
                accessLog.discard(log);
            }
        }
        config = next;
        followIdle();
        tellMetrics();
        accessLog.redirect(next.accessLog(), log);
        warnOfPasswords();
    }

    /** Opens the file of the access log anew, if something has moved it away; a warning says when that cannot be done. From any thread. */
    void reopenLog() {
        accessLog.reopen();
    }

    /** What it goes by now. */
    ServiceConfig config() {
        return config;
    }

    Proxy proxy() {
        return proxy;
    }

    /**
     * Has it end by itself when its configuration wants that.
     *
     * @param over is run, on a thread of its own, when it accepts nothing any more since there was no session for so long
     */
    void exitWhenIdle(Runnable over) {
        OnRequest look = new OnRequest("sluice-idle", () -> {
            if (stopIfIdle()) {
                over.run();
            }
        });
        onIdle = look::request;
        followIdle();
    }

    private void followIdle() {
        proxy.whenIdle(config.exitWhenIdle(), onIdle);
    }

    /** Stops accepting if there has been no session for so long; whether that was the reason, which it is once. */
    synchronized boolean stopIfIdle() {
        if (endedIdle) {
            return false; // told again before it had stopped
        }
        endedIdle = leaves == null && proxy.stopIfIdle();
        return endedIdle;
    }

    /**
     * From now on it is not ready, and goes on accepting for so long, which is the caller's to wait for.
     *
     * @return whether it is so; false when it accepts nothing any more
     */
    synchronized boolean leave(Duration delay) {
        if (proxy.isDraining()) {
            return false;
        }
        leaves = System.nanoTime() + delay.toNanos();
        return true;
    }

    /** Whether it has stopped accepting by itself. */
    boolean endedIdle() {
        return endedIdle;
    }

    /** For how long it still accepts although it is not ready; null when that is not so. */
    @Nullable
    Duration leaving() {
        Long at = leaves;
        return at == null || proxy.isDraining() ? null : Duration.ofNanos(Math.max(0, at - System.nanoTime()));
    }

    /** Lines of the access log that were lost so far. */
    long logDropped() {
        return accessLog.dropped();
    }

    List<BoundListener> listeners() {
        return proxy.listeners();
    }

    /** Sessions now alive. */
    long sessions() {
        return proxy.snapshot().get(Counter.ACTIVE);
    }

    /**
     * Refuses new sessions and waits for those that there are.
     *
     * @return whether all have ended
     */
    boolean drain(Duration timeout) throws InterruptedException {
        return proxy.drain(timeout);
    }

    /** Cuts the sessions that are left, and writes the last lines of the access log, as far as somebody reads them. */
    void close() {
        proxy.close();
        resolver.close();
        accessLog.close();
    }
}
