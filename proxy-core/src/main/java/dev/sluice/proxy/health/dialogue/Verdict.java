package dev.sluice.proxy.health.dialogue;

import org.jspecify.annotations.Nullable;

/**
 * How a check ended.
 *
 * @param kind what it says
 * @param reason in one line, fit for a log; what the peer has said is escaped in it
 * @param orders what an agent asks for, null when none was asked
 */
public record Verdict(Kind kind, String reason, @Nullable AgentOrders orders) {
    public enum Kind {
        ALIVE,
        FAILED,
        /** It says itself that it must not be used now, which is no accident: it counts at once. */
        UNFIT,
        /** This side had no means to ask, which says nothing of the endpoint. */
        NONE
    }

    public static Verdict alive(String reason) {
        return new Verdict(Kind.ALIVE, reason, null);
    }

    public static Verdict failed(String reason) {
        return new Verdict(Kind.FAILED, reason, null);
    }

    public static Verdict unfit(String reason) {
        return new Verdict(Kind.UNFIT, reason, null);
    }

    public static Verdict none(String reason) {
        return new Verdict(Kind.NONE, reason, null);
    }

    /** What came is not what such a server says. */
    static Verdict foreign(Received heard) {
        return failed("speaks another protocol: " + heard.quote());
    }
}
