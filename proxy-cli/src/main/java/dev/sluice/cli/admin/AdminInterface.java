package dev.sluice.cli.admin;

import dev.sluice.cli.admin.http.AddressInUseException;
import dev.sluice.cli.admin.http.AdminServer;
import dev.sluice.cli.admin.http.AdminSocket;
import dev.sluice.cli.admin.http.Gate;
import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.common.InternalErrors;
import dev.sluice.cli.log.Events;
import dev.sluice.cli.log.Messages;
import dev.sluice.cli.metrics.Jmx;
import dev.sluice.cli.metrics.Metrics;
import dev.sluice.cli.options.AdminConfig;
import dev.sluice.cli.text.OneLine;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The admin interface of a service, from its bind to its end.
 *
 * <pre>
 *   bind ──▶ serve ──▶ giveUp (a successor has taken over) ──▶ standAside (until its sessions have ended) ──▶ close
 *    └─ in use, and this is a successor: bound once the predecessor has given it up
 * </pre>
 */
public final class AdminInterface implements AutoCloseable {
    private static final long FIRST_PAUSE_MILLIS = 10;
    private static final long LAST_PAUSE_MILLIS = 1000;
    /** A predecessor gives it up at once; whoever has it after that long is somebody else. */
    private static final long WARN_AFTER_NANOS = 5_000_000_000L;

    private final AdminConfig config;
    private final Messages messages;
    private final Map<String, String> environment;
    private final Events events = new Events();
    private final Metrics metrics = new Metrics();
    private @Nullable String token;
    private @Nullable AdminSocket socket;
    private @Nullable Gate gate;
    private @Nullable AdminServer server;
    /** What is served, once something is. */
    private @Nullable Target target;

    private @Nullable AdminServer aside;
    private @Nullable Jmx jmx;
    private boolean closed;

    private AdminInterface(AdminConfig config, Messages messages, Map<String, String> environment) {
        this.config = config;
        this.messages = messages;
        this.environment = environment;
    }

    /**
     * Binds it; nobody is answered before {@link #serve}. What the service says is remembered from now on.
     *
     * @param from where its address was found, for who wonders why it cannot be bound
     * @param successor whether the process that listens there may be a predecessor that will give it up
     * @throws CommandFailure when it cannot be bound, or there is no token where there should be one
     */
    public static AdminInterface bind(
            AdminConfig config, String from, Messages messages, Map<String, String> environment, boolean successor) {
        AdminInterface admin = new AdminInterface(config, messages, environment);
        admin.token = Token.read(config.tokenFile());
        try {
            admin.socket = AdminSocket.open(config.address());
        } catch (AddressInUseException e) {
            if (!successor) {
                throw new CommandFailure(e.getMessage() + from(from));
            }
        } catch (IOException e) {
            throw new CommandFailure(e.getMessage() + from(from));
        }
        messages.remember(admin.events);
        return admin;
    }

    private static String from(String where) {
        return " (the address is that of " + where + ")";
    }

    /** What has happened lately. */
    public Events events() {
        return events;
    }

    /** What is to be told of ended sessions and changed endpoints. */
    public Metrics metrics() {
        return metrics;
    }

    /** Answers from now on; one that could not be bound yet does so as soon as it can. */
    public void serve(Target target) {
        target.proxy().reserve(AdminServer.DESCRIPTORS);
        remember(target);
        if (config.jmx()) {
            show(new Jmx(metrics, target.proxy()));
        }
        if (!start(target)) {
            Thread waiter = new Thread(() -> await(target), "sluice-admin-bind");
            waiter.setDaemon(true);
            waiter.start();
        }
    }

    private synchronized void remember(Target served) {
        target = served;
    }

    private synchronized void show(Jmx beans) {
        jmx = beans;
    }

    private synchronized boolean start(Target target) {
        AdminSocket bound = socket;
        if (bound == null) {
            return closed;
        }
        server = start(bound, target);
        messages.say("admin interface on " + bound.address() + withToken());
        return true;
    }

    private String withToken() {
        return token == null ? "" : ", with a token";
    }

    private AdminServer start(AdminSocket bound, Target served) {
        Gate door = new Gate(bound.address(), config.hosts());
        door.setToken(token);
        gate = door;
        return AdminServer.start(
                bound,
                door,
                new Api(served, metrics, order -> messages.say(Events.Kind.ORDER, order)),
                AdminServer.Patience.USUAL,
                new Faults(error -> InternalErrors.describe(error, environment), messages::warn, System::nanoTime));
    }

    private void await(Target target) {
        long start = System.nanoTime();
        boolean warned = false;
        long pause = FIRST_PAUSE_MILLIS;
        while (!bindAgain(target)) {
            if (!warned && System.nanoTime() - start > WARN_AFTER_NANOS) {
                warned = true;
                messages.warn("the admin interface is not served: another process still listens at " + config.bind()
                        + "; it is tried again");
            }
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                return;
            }
            pause = Math.min(2 * pause, LAST_PAUSE_MILLIS);
        }
    }

    private synchronized boolean bindAgain(Target target) {
        if (closed) {
            return true;
        }
        try {
            socket = AdminSocket.open(config.address());
        } catch (IOException e) {
            return false;
        }
        return start(target);
    }

    /** The service goes by another configuration: there may be more to show, and the token is read again. Returns what it has warned of. */
    public synchronized List<String> applied() {
        if (jmx != null) {
            jmx.follow();
        }
        return renewToken();
    }

    /** One that cannot be read leaves the one before, with a warning. */
    private List<String> renewToken() {
        try {
            token = Token.read(config.tokenFile());
            if (gate != null) {
                gate.setToken(token);
            }
            return List.of();
        } catch (CommandFailure e) {
            String warning = "the admin interface keeps its token: " + e.getMessage();
            messages.warn(warning);
            return List.of("warning: " + warning);
        }
    }

    /** Listens no more: the place is the successor's. */
    public synchronized void giveUp() {
        closed = true;
        if (server != null) {
            server.stopAccepting();
        } else if (socket != null) {
            socket.close();
        }
    }

    /**
     * The successor has the place: what is left here can be seen and ended at another one, which only this user can reach.
     *
     * @param place a unix socket
     */
    public synchronized void standAside(String place) {
        Target served = target;
        if (served == null) {
            return;
        }
        try {
            AdminSocket bound = AdminSocket.open(AdminConfig.parse(place));
            try {
                aside = start(bound, served);
            } finally {
                if (aside == null) {
                    bound.close();
                }
            }
            messages.say(
                    "admin interface on " + place + withToken() + ", until the sessions that are left here have ended");
            served.proxy().upstreams().stream()
                    .filter(upstream -> upstream.paused() && upstream.held() > 0)
                    .forEach(upstream -> messages.say(OneLine.of(upstream.held() + " held here for upstream "
                            + upstream.name() + ", which is paused: sluice upstream " + upstream.name()
                            + " resume --admin " + place)));
        } catch (IOException | IllegalArgumentException | OutOfMemoryError e) { // no more threads, perhaps
            messages.warn("the sessions that are left here cannot be seen: " + e.getMessage());
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (aside != null) {
            aside.close();
        }
        if (jmx != null) {
            jmx.close();
        }
        if (server != null) {
            server.close();
        } else if (socket != null) {
            socket.close();
        }
    }
}
