package dev.sluice.cli.admin;

import dev.sluice.cli.admin.http.Answer;
import java.util.Map;

/** Orders to the service as a whole. */
final class ServiceOrders {
    private final Target target;

    ServiceOrders(Target target) {
        this.target = target;
    }

    Answer reload() {
        Target.Outcome outcome = target.reload();
        return Answer.json(outcome.done() ? 200 : 409, Map.of("done", outcome.done(), "messages", outcome.lines()));
    }

    Answer drain() {
        long delay = target.drainDelay().toMillis();
        return Answer.json(202, Map.of("draining", delay == 0, "delay_ms", delay))
                .then(target::drain);
    }

    /** What ends the process must not end the answer. */
    Answer quit() {
        return Answer.json(202, Map.of("stopping", true)).then(target::quit);
    }
}
