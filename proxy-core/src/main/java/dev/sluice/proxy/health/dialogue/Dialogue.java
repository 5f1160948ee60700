package dev.sluice.proxy.health.dialogue;

import dev.sluice.proxy.config.Bytes;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.config.RoleCheck;
import dev.sluice.proxy.health.dialogue.Reply.Done;
import dev.sluice.proxy.health.dialogue.Reply.Leave;

/** What is said in one probe, and what is made of the answers. It knows nothing of sockets. */
public interface Dialogue {
    /** How much may be heard, bytes. */
    default int limit() {
        return 16 << 10;
    }

    /** Whether nothing is said or heard: then there is no need to complete the connection. */
    default boolean isSilent() {
        return false;
    }

    /** Whether something secret is said, which a strange server may say back: no message shows what is heard then. */
    default boolean isConfidential() {
        return false;
    }

    /** Connected. */
    Reply connected();

    /**
     * Something was heard.
     *
     * @param heard all so far
     */
    Reply heard(Received heard);

    /**
     * The server has ended the connection. There is nothing to wait for any more.
     *
     * @param heard all there is
     */
    default Done ended(Received heard) {
        String how = heard.length() == 0 ? "without an answer" : "in the middle of its answer: " + heard.quote();
        return Reply.done(Verdict.failed("ended the connection " + how));
    }

    /** The one for this kind of check. */
    static Dialogue of(HealthCheck check, String address) {
        return switch (check) {
            case HealthCheck.Tcp _ -> new Silent();
            case HealthCheck.Http http -> new HttpDialogue(http, address);
            case HealthCheck.Postgres postgres -> new PostgresDialogue(postgres);
            case HealthCheck.Redis _ -> new RedisDialogue();
            case HealthCheck.Expect expect -> new ExpectDialogue(expect);
            case HealthCheck.Agent _ -> new AgentDialogue();
            case HealthCheck.Mysql mysql -> new MysqlDialogue(mysql);
            case RoleCheck role -> throw new IllegalArgumentException("asked by another: " + role);
        };
    }

    /** To be connected is all. */
    final class Silent implements Dialogue {
        @Override
        public boolean isSilent() {
            return true;
        }

        @Override
        public Reply connected() {
            return new Done(Verdict.alive("accepts connections"), Bytes.NONE, Leave.RESET);
        }

        @Override
        public Reply heard(Received heard) {
            return Reply.WAIT;
        }
    }
}
