package dev.sluice.proxy;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;

/** A proxy of a line that takes over from one another, and what it told. All live in this process, which the sockets do not mind. */
final class Line implements AutoCloseable {
    final Queue<String> told = new ConcurrentLinkedQueue<>();
    final Queue<String> warnings = new ConcurrentLinkedQueue<>();
    final BlockingQueue<SessionEnd> ends = new LinkedBlockingQueue<>();
    final CountDownLatch succeeded = new CountDownLatch(1);
    final Proxy proxy;

    private Line(ProxyConfig config, Path socket, boolean receive) throws ProxyStartException {
        ProxyObserver observer = new ProxyObserver() {
            @Override
            public void sessionEnded(SessionEnd end) {
                ends.add(end);
            }

            @Override
            public void warning(String text) {
                warnings.add(text);
            }
        };
        Takeover takeover = new Takeover(new Address.Unix(socket.toString()), receive, new Takeover.Observer() {
            @Override
            public void told(String text) {
                told.add(text);
            }

            @Override
            public void succeeded() {
                succeeded.countDown();
            }
        });
        proxy = Proxy.start(config, observer, takeover);
    }

    /** The first one. */
    static Line first(ProxyConfig config, Path socket) {
        try {
            return tryFirst(config, socket);
        } catch (ProxyStartException e) {
            throw new AssertionError(e);
        }
    }

    static Line tryFirst(ProxyConfig config, Path socket) throws ProxyStartException {
        return new Line(config, socket, false);
    }

    /** One that takes over. */
    static Line next(ProxyConfig config, Path socket) throws ProxyStartException {
        return new Line(config, socket, true);
    }

    Address address(String listener) {
        return proxy.listeners().stream()
                .filter(bound -> bound.config().name().equals(listener))
                .findFirst()
                .orElseThrow()
                .address();
    }

    void awaitWarning(String text) {
        ProxyRig.await("a warning of " + text, () -> warnings.stream().anyMatch(line -> line.contains(text)));
    }

    void awaitSucceeded() {
        ProxyRig.awaitLatch(succeeded);
    }

    /** Somebody connects to this listener and gets through to the origin. */
    static void assertServes(Net net, Address address, int origin) {
        int client = net.connect(address);
        net.close(net.accept(origin));
        net.close(client);
    }

    @Override
    public void close() {
        proxy.close();
    }
}
