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
 * @param cases in the order in which they are measured, no two alike
 * @param rows of each case
 * @param stopRule for the rounds of each case
 * @param maxTime for all; what it leaves beyond the least rounds is for more of them
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
        StopRule stopRule,
        Duration maxTime,
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

    /** How long it will take at least, roughly. */
    Duration estimate() {
        return starting().plus(leastAfter(-1)).plus(warmUp.multipliedBy((long) rows.size() * (FIRST_WARM_UP - 1)));
    }

    /** How long it will take at most, roughly: when no case is known precisely enough before a limit. */
    Duration most() {
        Duration least = estimate();
        Duration most = least;
        for (Case measured : cases) {
            most = most.plus(round(measured).multipliedBy(stopRule.most() - stopRule.least()));
        }
        return most.compareTo(maxTime) < 0 ? most : least.compareTo(maxTime) > 0 ? least : maxTime;
    }

    /** How long it takes until all processes are up, roughly. */
    Duration starting() {
        return START.multipliedBy(rows.size() + 2);
    }

    /** How long one round of a case takes. */
    Duration round(Case measured) {
        return measured.kind() == Kind.IDLE
                ? IDLE_SETTLE.plus(START).plus(IDLE_EACH.plus(START).multipliedBy(rows.size()))
                : window.plus(ramp()).plus(BETWEEN).multipliedBy(rows.size());
    }

    /** How long the cases after the one of an index take with the least rounds; of index −1: all cases. */
    Duration leastAfter(int index) {
        Duration sum = Duration.ZERO;
        for (Case measured : cases.subList(index + 1, cases.size())) {
            sum = sum.plus(round(measured).multipliedBy(stopRule.least()));
            if (measured.kind() != Kind.IDLE) {
                sum = sum.plus(warmUp.plus(BETWEEN).multipliedBy(rows.size()));
            }
        }
        return sum;
    }
}
