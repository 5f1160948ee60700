package dev.sluice.proxy.health;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.HealthConfig;
import dev.sluice.proxy.config.RoleCheck;
import dev.sluice.proxy.health.dialogue.RoleJudge;
import dev.sluice.proxy.health.dialogue.Verdict;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.proxyprotocol.HeaderWriter;
import dev.sluice.proxy.roles.Asking;
import dev.sluice.proxy.roles.RoleClient;
import dev.sluice.proxy.roles.RoleException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asks a server for its role by a driver, which blocks: on one of the {@link Workers}, with a deadline on this loop that cuts the
 * connection. The next inquiry waits until the driver has noticed that.
 */
final class RoleInquirer implements Inquirer {
    private final ProbeContext context;
    private final Address server;
    private final HealthConfig config;
    private final RoleCheck check;
    private final RoleJudge judge;
    private @Nullable RoleClient client;
    private boolean claimed;
    private int turn;

    /** The next two: who closes the client is whoever is last of those that use it. */
    private final Object lock = new Object();

    private boolean busy;
    private boolean closed;

    RoleInquirer(ProbeContext context, Address server, HealthConfig config, RoleCheck check) {
        this.context = context;
        this.server = server;
        this.config = config;
        this.check = check;
        this.judge = new RoleJudge(check);
    }

    @Override
    public Inquiry next(Probe.Owner owner) {
        return new RoleInquiry(owner);
    }

    @Override
    public void close() {
        boolean last;
        synchronized (lock) {
            last = !closed && !busy;
            closed = true;
        }
        if (last) {
            leave();
        }
    }

    private void leave() {
        RoleClient open = client;
        if (open != null) {
            context.workers.leave(() -> close(open));
        }
    }

    /** Its descriptor is given back. */
    private void close(RoleClient open) {
        try {
            open.close();
        } finally {
            if (claimed) {
                context.budget.release(1);
            }
        }
    }

    private @Nullable Address source(List<Address> sources) {
        turn = turn == Integer.MAX_VALUE ? 0 : turn + 1;
        return sources.isEmpty() ? null : sources.get(turn % sources.size());
    }

    /** One time of asking. */
    private final class RoleInquiry extends Timer implements Inquiry {
        private final Probe.Owner owner;
        private final long startedAt = System.nanoTime();
        private final Asking asking;
        private @Nullable Job job;
        private boolean over;

        RoleInquiry(Probe.Owner owner) {
            this.owner = owner;
            this.asking = new Asking(
                    source(owner.sources().towards(server)),
                    (own, other) -> HeaderWriter.own(config.sendProxy(), own, other),
                    startedAt + config.timeout().toNanos());
        }

        @Override
        public void start() {
            synchronized (lock) {
                if (busy) {
                    conclude(Verdict.none("not asked: the check before has not ended yet"));
                    return;
                }
                busy = true;
            }
            try {
                begin();
            } catch (RuntimeException | OutOfMemoryError e) {
                idle();
                throw e;
            }
        }

        private void begin() {
            RoleClient asked;
            try {
                asked = client == null ? context.roles.client(server, check) : client;
            } catch (IllegalStateException e) {
                idle();
                conclude(Verdict.failed("cannot be asked: " + e.getMessage()));
                return;
            }
            client = asked;
            claimed = claimed || context.budget.claim(1);
            if (!claimed) {
                idle();
                conclude(Probe.unable(Errno.EMFILE));
                return;
            }
            Job next = new Job(asked, this);
            job = next;
            context.workers.submit(next);
            context.loop.schedule(this, context.loop.now() + config.timeout().toNanos());
        }

        @Override
        protected void onTimer(long now) {
            if (context.workers.withdraw(job)) {
                idle();
                conclude(Workers.allBusy());
            } else {
                asking.cancel();
                conclude(Verdict.failed(
                        "no answer within " + Probe.within(config.timeout().toNanos())));
            }
        }

        private void conclude(Verdict verdict) {
            if (!over) {
                over = true;
                context.loop.cancel(this);
                owner.onVerdict(verdict, System.nanoTime() - startedAt);
            }
        }

        @Override
        public void cancel() {
            if (!over) {
                over = true;
                context.loop.cancel(this);
                if (context.workers.withdraw(job)) {
                    idle();
                } else {
                    asking.cancel();
                }
            }
        }
    }

    /** Nobody uses the client at the moment. */
    private void idle() {
        if (release()) {
            leave();
        }
    }

    /** The client is used no more; whether it is to be closed now. */
    private boolean release() {
        synchronized (lock) {
            busy = false;
            return closed;
        }
    }

    private final class Job extends Workers.Job {
        private final RoleClient asked;
        private final RoleInquiry inquiry;
        private Verdict verdict = Verdict.failed("no answer");

        Job(RoleClient asked, RoleInquiry inquiry) {
            this.asked = asked;
            this.inquiry = inquiry;
        }

        @Override
        void work() {
            try {
                verdict = judge.judge(asked.ask(inquiry.asking), System.nanoTime());
            } catch (RoleException e) {
                String reason = String.valueOf(e.getMessage());
                verdict = e.isFull() ? Verdict.none("not asked: " + reason) : Verdict.failed(reason);
            } catch (RuntimeException | LinkageError e) {
                verdict = Verdict.failed("cannot be asked: " + e.getClass().getSimpleName());
            } finally {
                if (release()) {
                    close(asked);
                }
            }
        }

        @Override
        void done() {
            inquiry.conclude(verdict);
        }
    }
}
