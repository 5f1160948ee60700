package dev.sluice.cli.bench;

import dev.sluice.cli.bench.lab.Lab;
import dev.sluice.cli.bench.load.Kind;
import dev.sluice.cli.bench.result.Case;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that is to be done.
 *
 * @param cases in the order in which they are measured
 * @param rows of each case
 * @param rounds of each case
 * @param window for which a row is measured in a round
 * @param warmUp of each row before the rounds of a case
 * @param network that they run in
 * @param pin whether to pin
 * @param server another host's; null: our own
 * @param serverPort of our own; 0: any
 * @param proxyFlags what each {@code sluice run} is told beside where and how
 */
record Plan(
        List<Case> cases,
        List<Row> rows,
        int rounds,
        Duration window,
        Duration warmUp,
        Lab.Network network,
        boolean pin,
        @Nullable InetSocketAddress server,
        int serverPort,
        List<String> proxyFlags) {

    /** The first warm-up of a row is this many times as long: the JVM has yet to compile the relay. */
    static final int FIRST_WARM_UP = 3;

    /** How long a process of an idle row lives before it is looked at, until the JVM has given back what starting took. */
    static final Duration IDLE_SETTLE = Duration.ofSeconds(6);

    private static final Duration START = Duration.ofMillis(1500); // of a process
    private static final Duration BETWEEN = Duration.ofMillis(150); // two measurements
    private static final Duration IDLE_EACH = Duration.ofMillis(1500);

    /** Before the window of each measurement. */
    Duration ramp() {
        long millis = Math.clamp(window.toMillis() / 4, 100, 500);
        return Duration.ofMillis(millis);
    }

    /** How long it will take, roughly. */
    Duration estimate() {
        Duration sum = starting();
        for (Case measured : cases) {
            sum = sum.plus(measured.kind() == Kind.IDLE ? idle() : busy());
        }
        return sum.plus(warmUp.multipliedBy((long) rows.size() * (FIRST_WARM_UP - 1)));
    }

    /** How long it takes until all processes are up, roughly. */
    Duration starting() {
        return START.multipliedBy(rows.size() + 2);
    }

    private Duration busy() {
        Duration round = window.plus(ramp()).plus(BETWEEN).multipliedBy(rounds);
        return round.plus(warmUp).plus(BETWEEN).multipliedBy(rows.size());
    }

    private Duration idle() {
        Duration round = IDLE_SETTLE.plus(START).plus(IDLE_EACH.plus(START).multipliedBy(rows.size()));
        return round.multipliedBy(rounds);
    }
}
