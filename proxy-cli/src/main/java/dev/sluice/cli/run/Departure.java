package dev.sluice.cli.run;

import dev.sluice.cli.common.Exit;
import dev.sluice.cli.common.StopSignals;
import dev.sluice.cli.log.Messages;
import dev.sluice.cli.text.Units;
import java.time.Duration;

/**
 * How {@code run} ends. Nothing here waits for what it says to be read.
 *
 * <pre>
 *   told to stop ──not ready, drain-delay──▶ drains, drain-timeout at most ──▶ ended
 *   taken over ──────────────────────────────▲                                  ▲
 *   no session for exit-when-idle ──who came at that moment is served to the end┘
 * </pre>
 */
final class Departure {
    /** Who is served to the end is looked for no oftener: that is seldom, and may be for hours. */
    private static final Duration GLANCE = Duration.ofSeconds(1);

    private final Service service;
    private final StopSignals signals;
    private final Messages messages;

    Departure(Service service, StopSignals signals, Messages messages) {
        this.service = service;
        this.signals = signals;
        this.messages = messages;
    }

    /** Waits for the reason to end, and ends; the exit code. By the thread that made the signals. */
    int await() {
        Duration timeout = Duration.ZERO;
        long cut = 0;
        boolean atOnce = false;
        try {
            String again = signals.await() ? "again" : "a second signal";
            if (!service.endedIdle() || !serveLast()) {
                pause(again);
                timeout = service.config().drainTimeout();
                messages.say("draining " + Units.counted(service.sessions(), "session") + ", " + Units.format(timeout)
                        + " at most (" + again + ": stop at once)");
                if (!service.drain(timeout)) {
                    cut = service.sessions();
                }
            }
        } catch (InterruptedException e) {
            atOnce = true;
            cut = service.sessions();
        }
        service.close();
        if (atOnce) {
            messages.say("stopped at once, " + Units.counted(cut, "session") + " cut");
            return signals.isQuitting() ? Exit.OK : Exit.FAILED;
        }
        if (cut > 0) {
            messages.say(Units.format(timeout) + " are over, " + Units.counted(cut, "session") + " cut");
        }
        return Exit.OK;
    }

    /** What a reload changes about the delay is for the next time: what was said remains true. */
    private void pause(String again) throws InterruptedException {
        Duration delay = service.config().drainDelay();
        if (delay.isZero() || !service.leave(delay)) {
            return;
        }
        messages.say("not ready any more, and drains in " + Units.format(delay) + " (" + again + ": stop at once)");
        if (!signals.pause(delay)) {
            messages.say("drains now: another process accepts");
        }
    }

    /**
     * There was no session for so long. Whoever came while that was found out, and was accepted, has all the time he needs.
     *
     * @return whether there is nobody any more; false when somebody is and it was told to stop
     */
    private boolean serveLast() throws InterruptedException {
        long last = service.sessions();
        messages.say("ends: no session for " + Units.format(service.config().exitWhenIdle())
                + (last > 0 ? ", but for " + last + " that came at this moment" : ""));
        while (!service.drain(Duration.ZERO)) {
            if (signals.awaitOrder(GLANCE)) {
                return false;
            }
        }
        return true;
    }
}
