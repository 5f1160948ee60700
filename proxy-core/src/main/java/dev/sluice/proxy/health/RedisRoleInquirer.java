package dev.sluice.proxy.health;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.HealthConfig;
import dev.sluice.proxy.config.RoleCheck;
import dev.sluice.proxy.health.dialogue.RedisRoleDialogue;
import dev.sluice.proxy.health.dialogue.RoleJudge;
import dev.sluice.proxy.health.dialogue.Verdict;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.roles.PasswordFile;
import dev.sluice.proxy.roles.RoleException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Asks a Redis server for its role: by a probe, once the password has been read, which may block. */
final class RedisRoleInquirer implements Inquirer {
    private final ProbeContext context;
    private final Address server;
    private final HealthConfig config;
    private final RoleCheck check;
    private final RoleJudge judge;
    private boolean reading;

    RedisRoleInquirer(ProbeContext context, Address server, HealthConfig config, RoleCheck check) {
        this.context = context;
        this.server = server;
        this.config = config;
        this.check = check;
        this.judge = new RoleJudge(check);
    }

    @Override
    public Inquiry next(Probe.Owner owner) {
        Path file = check.passwordFile();
        return file == null ? probe(owner, null, config.timeout().toNanos()) : new Login(owner, file);
    }

    private Probe probe(Probe.Owner owner, @Nullable String password, long timeoutNanos) {
        RedisRoleDialogue dialogue = new RedisRoleDialogue(check, judge, password);
        return new Probe(context, server, dialogue, config.sendProxy(), timeoutNanos, owner);
    }

    /** One time with a password. */
    private final class Login extends Timer implements Inquiry {
        private final Probe.Owner owner;
        private final Path file;
        private final long startedAt = System.nanoTime();
        private @Nullable Reading job;
        private @Nullable Probe probe;
        private boolean over;

        Login(Probe.Owner owner, Path file) {
            this.owner = owner;
            this.file = file;
        }

        @Override
        public void start() {
            if (reading) {
                conclude(Verdict.none("not asked: its password-file " + file + " is still being read"));
                return;
            }
            Reading next = new Reading(this);
            context.workers.submit(next);
            job = next;
            reading = true;
            context.loop.schedule(this, context.loop.now() + config.timeout().toNanos());
        }

        private void read(@Nullable String password, String problem) {
            if (over) {
                return;
            }
            if (password == null) {
                conclude(Verdict.failed(problem));
                return;
            }
            context.loop.cancel(this);
            over = true; // it is the probe's now
            long left = config.timeout().toNanos() - (System.nanoTime() - startedAt);
            probe = probe(owner, password, Math.max(1_000_000, left));
            probe.start();
        }

        @Override
        protected void onTimer(long now) {
            if (withdrawn()) {
                conclude(Workers.allBusy());
            } else {
                conclude(Verdict.none("not asked: its password-file " + file + " cannot be read within "
                        + Probe.within(config.timeout().toNanos())));
            }
        }

        /** Whether it had not begun, and now never will. */
        private boolean withdrawn() {
            boolean withdrawn = context.workers.withdraw(job);
            if (withdrawn) {
                reading = false;
            }
            return withdrawn;
        }

        private void conclude(Verdict verdict) {
            over = true;
            context.loop.cancel(this);
            owner.onVerdict(verdict, System.nanoTime() - startedAt);
        }

        @Override
        public void cancel() {
            if (probe != null) {
                probe.cancel();
            } else if (!over) {
                over = true;
                context.loop.cancel(this);
                withdrawn();
            }
        }
    }

    private final class Reading extends Workers.Job {
        private final Login login;
        private @Nullable String password;
        private String problem = "its password-file cannot be read";

        Reading(Login login) {
            this.login = login;
        }

        @Override
        void work() {
            try {
                password = PasswordFile.read(login.file);
            } catch (RoleException e) {
                problem = String.valueOf(e.getMessage());
            } catch (RuntimeException e) {
                problem += ": " + e.getClass().getSimpleName();
            }
        }

        @Override
        void done() {
            reading = false;
            login.read(password, problem);
        }
    }
}
