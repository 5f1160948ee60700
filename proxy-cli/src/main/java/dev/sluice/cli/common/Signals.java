package dev.sluice.cli.common;

import java.lang.reflect.Proxy;

/** Signals to this process. */
public final class Signals {
    private Signals() {}

    /**
     * Has a signal do this, on a thread of its own each time, and no longer what it does by itself.
     *
     * @param name without {@code SIG}
     */
    // By reflection, since javac warns of sun.misc.Signal with a warning that cannot be suppressed, and warnings are
    // errors.
    public static void handle(String name, Runnable run) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object action = Proxy.newProxyInstance(
                    Signals.class.getClassLoader(), new Class<?>[] {handler}, (self, method, a) -> {
                        if (method.getName().equals("handle")) {
                            run.run();
                        }
                        return null;
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), action);
        } catch (ReflectiveOperationException e) {
            // The JVM keeps its signals (-Xrs), or has none to give away: then they end the process without a drain.
            return;
        }
    }
}
