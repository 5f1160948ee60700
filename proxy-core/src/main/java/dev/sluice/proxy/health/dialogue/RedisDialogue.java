package dev.sluice.proxy.health.dialogue;

import dev.sluice.proxy.config.Bytes;

/**
 * A PING and the first line of its answer (RESP, redis.io/docs/latest/develop/reference/protocol-spec). One that wants a password first
 * is alive; one that loads its data, has lost its primary or is held up by a script is not of use now.
 */
final class RedisDialogue implements Dialogue {
    private static final Bytes PING = Bytes.ofText("*1\r\n$4\r\nPING\r\n");

    @Override
    public int limit() {
        return 1 << 10;
    }

    @Override
    public Reply connected() {
        return new Reply.Say(PING);
    }

    @Override
    public Reply heard(Received heard) {
        int kind = heard.at(0);
        if (kind != '+' && kind != '-') {
            return Reply.done(Verdict.foreign(heard));
        }
        int end = heard.find('\n', 0);
        if (end < 0) {
            return Reply.WAIT;
        }
        String line = heard.text(0, end).stripTrailing();
        String word = line.split(" ", 2)[0];
        return Reply.done(
                switch (word) {
                    case "+PONG" -> Verdict.alive("PONG");
                    case "-NOAUTH", "-NOPERM" -> Verdict.alive("asks for a password");
                    default -> Verdict.failed("answers " + heard.quote(0, line.length()));
                });
    }
}
