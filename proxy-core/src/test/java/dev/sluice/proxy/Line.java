package dev.sluice.proxy;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.proxy.config.Activation;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.names.Resolver;
import dev.sluice.proxy.roles.Roles;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BiPredicate;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** A proxy of a line that takes over from one another, and what it told. All live in this process, which the sockets do not mind. */
final class Line implements AutoCloseable {
    final Queue<String> told = new ConcurrentLinkedQueue<>();
    final Queue<String> warnings = new ConcurrentLinkedQueue<>();
    final BlockingQueue<SessionEnd> ends = new LinkedBlockingQueue<>();
    final CountDownLatch succeeded = new CountDownLatch(1);
    final Proxy proxy;

    private Line(ProxyConfig config, Path socket, boolean receive, Supplier<Kernel> kernels, Resolver resolver)
            throws ProxyStartException {
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
        proxy = Proxy.start(config, observer, kernels, resolver, Roles.NONE, Activation.NONE, takeover);
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
        return new Line(config, socket, false, LinuxKernel::open, Resolver::system);
    }

    /** One that takes over. */
    static Line next(ProxyConfig config, Path socket) throws ProxyStartException {
        return new Line(config, socket, true, LinuxKernel::open, Resolver::system);
    }

    /** One that looks names up in its own way, and takes over if there is somebody. */
    static Line naming(ProxyConfig config, Path socket, Resolver resolver) {
        try {
            return new Line(config, socket, true, LinuxKernel::open, resolver);
        } catch (ProxyStartException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * One that no event tells of who connects, as if the kernel had woken another process each time.
     *
     * @param receive whether it takes over
     */
    static Line blind(ProxyConfig config, Path socket, boolean receive) {
        try {
            return new Line(config, socket, receive, Line::blind, Resolver::system);
        } catch (ProxyStartException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * A first one that cannot set an option of a socket.
     *
     * @param fails whether it is so at this moment; from any loop's thread
     */
    static Line failing(ProxyConfig config, Path socket, BooleanSupplier fails) {
        try {
            return new Line(
                    config,
                    socket,
                    false,
                    () -> kernel((call, arguments) -> {
                        if (call.equals("setsockopt") && fails.getAsBoolean()) {
                            throw new IllegalStateException("scripted");
                        }
                        return false;
                    }),
                    Resolver::system);
        } catch (ProxyStartException e) {
            throw new AssertionError(e);
        }
    }

    private static Kernel blind() {
        return kernel((call, arguments) -> call.equals("epollCtl") && ((int) arguments[3] & Epoll.EXCLUSIVE) != 0);
    }

    /** @param nothing whether a call, by its name and arguments, only seems to be done */
    private static Kernel kernel(BiPredicate<String, Object[]> nothing) {
        Kernel real = LinuxKernel.open();
        return (Kernel) java.lang.reflect.Proxy.newProxyInstance(
                Kernel.class.getClassLoader(), new Class<?>[] {Kernel.class}, (self, method, arguments) -> {
                    if (nothing.test(method.getName(), arguments)) {
                        return 0;
                    }
                    try {
                        return method.isDefault()
                                ? InvocationHandler.invokeDefault(self, method, arguments)
                                : method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
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
