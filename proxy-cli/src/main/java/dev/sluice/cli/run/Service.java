package dev.sluice.cli.run;

import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.log.LineQueue;
import dev.sluice.cli.log.LogFormat;
import dev.sluice.cli.log.SessionLine;
import dev.sluice.cli.text.OneLine;
import dev.sluice.proxy.BoundListener;
import dev.sluice.proxy.Proxy;
import dev.sluice.proxy.ProxyStartException;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.SessionEnd;
import java.time.Duration;
import java.util.List;

/** A proxy with its access log and its warnings: from start to end. */
final class Service {
    private final LogFormat format;
    private final SessionLine sessionLine;
    private final LineQueue<SessionEnd> accessLog;
    private final LineQueue<String> warnings;
    private final Proxy proxy;

    /**
     * Starts it; when this returns, every listener accepts.
     *
     * @throws CommandFailure when it cannot start, with the reason
     */
    Service(Console console, ProxyConfig config, LogFormat format) {
        this.format = format;
        this.sessionLine = new SessionLine(format);
        this.warnings = new LineQueue<>("warnings", console.stderr(), Service::warningLine, lost -> {});
        this.accessLog = new LineQueue<>("access log", console.stdout(), this::sessionLine, warnings::offer);
        try {
            this.proxy = Proxy.start(config, new Observer());
        } catch (ProxyStartException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()));
        }
        for (BoundListener listener : proxy.listeners()) {
            sessionLine.name(listener.config().name(), listener.address());
        }
        accessLog.start();
        warnings.start();
    }

    /** On the loops' threads. */
    private final class Observer implements ProxyObserver {
        @Override
        public void sessionEnded(SessionEnd end) {
            if (format != LogFormat.OFF) {
                accessLog.offer(end);
            }
        }

        @Override
        public void warning(String text) {
            warnings.offer(text);
        }
    }

    private static void warningLine(String text, StringBuilder out) {
        out.append("sluice: warning: ").append(OneLine.of(text)).append('\n');
    }

    private void sessionLine(SessionEnd end, StringBuilder out) {
        sessionLine.accept(end, out);
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

    /** Cuts the sessions that are left, and writes the last lines. */
    void close() {
        proxy.close();
        accessLog.close();
        warnings.close();
    }
}
