package dev.sluice.proxy.health;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.HealthConfig;
import dev.sluice.proxy.health.dialogue.Verdict;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.upstream.Sources;
import org.jspecify.annotations.Nullable;

/**
 * Asks one endpoint every so often: one inquiry at a time, the interval from start to start, a little shorter or longer each time, so that
 * the endpoints of many proxies are not all asked in the same moment for ever.
 */
final class Monitor extends Timer implements Probe.Owner {
    /** Of the interval, to both sides. */
    private static final double JITTER = 0.1;

    /** Long enough for any verdict to come first. */
    private static final long GRACE_NANOS = 1_000_000_000;

    private final ProbeContext context;
    private final HealthConfig config;
    private final Probe.Owner owner;
    private final Inquirer inquirer;
    private @Nullable Inquiry inquiry;
    private long startedAt;

    /**
     * @param endpoint whose host is asked
     * @param owner is told every verdict
     */
    Monitor(ProbeContext context, Address endpoint, HealthConfig config, Probe.Owner owner) {
        this.context = context;
        this.config = config;
        this.owner = owner;
        this.inquirer = Inquirer.of(context, asked(endpoint, config.askedPort()), config);
    }

    private static Address asked(Address endpoint, int port) {
        return switch (endpoint) {
            case Address.V4 four -> port == 0 ? four : new Address.V4(four.address(), port);
            case Address.V6 six -> port == 0 ? six : new Address.V6(six.high(), six.low(), six.scope(), port);
            case Address.Unix unix -> unix;
        };
    }

    @Override
    public Sources sources() {
        return owner.sources();
    }

    HealthConfig config() {
        return config;
    }

    /** Begins after so long. */
    void start(long delayNanos) {
        context.loop.schedule(this, context.loop.now() + delayNanos);
    }

    /** Asks no more; what is being asked comes to nothing. */
    void stop() {
        context.loop.cancel(this);
        if (inquiry != null) {
            inquiry.cancel();
            inquiry = null;
        }
        inquirer.close();
    }

    @Override
    protected void onTimer(long now) {
        if (inquiry != null) {
            inquiry.cancel(); // it has its verdict, and only waits for the server to leave
        }
        startedAt = now;
        // Whatever is thrown here, there is a next time.
        long timeout = config.timeout().toNanos();
        context.loop.schedule(this, now + Math.max(config.interval().toNanos(), timeout + GRACE_NANOS));
        Inquiry next = inquirer.next(this);
        inquiry = next;
        try {
            next.start();
        } catch (RuntimeException | OutOfMemoryError e) {
            next.cancel();
            throw e;
        }
    }

    @Override
    public void onVerdict(Verdict verdict, long nanos) {
        double factor = 1 + JITTER * (2 * context.random.nextDouble() - 1);
        context.loop.schedule(this, startedAt + (long) (config.interval().toNanos() * factor));
        owner.onVerdict(verdict, nanos);
    }
}
