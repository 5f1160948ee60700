package dev.sluice.proxy.health.dialogue;

import dev.sluice.proxy.health.dialogue.Reply.Done;

/** Listens to an agent's one line, which may end with the connection. What it says of the endpoint holds at once. */
final class AgentDialogue implements Dialogue {
    @Override
    public int limit() {
        return 1 << 10;
    }

    @Override
    public Reply connected() {
        return Reply.WAIT;
    }

    @Override
    public Reply heard(Received heard) {
        int end = heard.find('\n', 0);
        return end < 0 ? Reply.WAIT : Reply.done(verdict(heard, end));
    }

    @Override
    public Done ended(Received heard) {
        return heard.length() == 0 ? Dialogue.super.ended(heard) : Reply.done(verdict(heard, heard.length()));
    }

    private static Verdict verdict(Received heard, int end) {
        AgentOrders orders = AgentOrders.parse(heard.text(0, end));
        if (orders == null) {
            return Verdict.foreign(heard);
        }
        boolean down = Boolean.FALSE.equals(orders.up());
        return new Verdict(down ? Verdict.Kind.FAILED : Verdict.Kind.ALIVE, orders.reason(), orders);
    }
}
