package dev.sluice.cli.run;

import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.log.LineQueue;
import dev.sluice.cli.log.LogFormat;
import dev.sluice.cli.log.Messages;
import dev.sluice.cli.log.SessionLine;
import dev.sluice.cli.text.OneLine;
import dev.sluice.proxy.BoundListener;
import dev.sluice.proxy.Proxy;
import dev.sluice.proxy.ProxyStartException;
import dev.sluice.proxy.Takeover;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.SessionEnd;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A proxy with its access log and its warnings: from start to end. */
final class Service {
    private final LogFormat format;
    private final SessionLine sessionLine;
    private final LineQueue<SessionEnd> accessLog;
    private final Messages messages;
    private final Proxy proxy;

    /**
     * Starts it; when this returns, every listener accepts.
     *
     * @param stdout where the access log goes
     * @param messages where warnings go
     * @param takeover how it is one of a line of proxies, null when it is by itself
     * @throws CommandFailure when it cannot start, with the reason
     */
    Service(OutputStream stdout, Messages messages, ProxyConfig config, LogFormat format, @Nullable Takeover takeover) {
        this.format = format;
        this.sessionLine = new SessionLine(format);
        this.messages = messages;
        this.accessLog = new LineQueue<>("access log", stdout, this::sessionLine, messages::warn);
        try {
            this.proxy = Proxy.start(config, new Observer(), takeover);
        } catch (ProxyStartException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()));
        }
        for (BoundListener listener : proxy.listeners()) {
            sessionLine.name(listener.config().name(), listener.address());
        }
        accessLog.start();
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
            messages.warn(OneLine.of(text));
        }
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

    /** Cuts the sessions that are left, and writes the last lines of the access log, as far as somebody reads them. */
    void close() {
        proxy.close();
        accessLog.close();
    }
}
