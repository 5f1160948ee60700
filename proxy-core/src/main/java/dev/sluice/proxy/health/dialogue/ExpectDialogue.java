package dev.sluice.proxy.health.dialogue;

import dev.sluice.proxy.config.Bytes;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.health.dialogue.Reply.Done;

/** Says something, or nothing, and waits until it hears what is expected. */
final class ExpectDialogue implements Dialogue {
    private final Bytes send;
    private final byte[] expect;
    /** Before this place it does not begin. */
    private int from;

    ExpectDialogue(HealthCheck.Expect check) {
        send = check.send();
        expect = check.expect().toArray();
    }

    @Override
    public int limit() {
        return HealthCheck.MAX_HEARD;
    }

    @Override
    public Reply connected() {
        return send.length() == 0 ? Reply.WAIT : new Reply.Say(send);
    }

    @Override
    public Reply heard(Received heard) {
        if (heard.find(expect, from) >= 0) {
            return Reply.done(Verdict.alive("says what is expected"));
        }
        from = Math.max(from, heard.length() - expect.length + 1);
        return heard.room() > 0 ? Reply.WAIT : unexpected(heard);
    }

    @Override
    public Done ended(Received heard) {
        return heard.length() == 0 ? Dialogue.super.ended(heard) : unexpected(heard);
    }

    private static Done unexpected(Received heard) {
        return Reply.done(Verdict.failed("does not say what is expected, but " + heard.quote()));
    }
}
