package dev.sluice.tests.testkit;

import java.util.stream.Stream;

/** Words of a command. */
public final class Words {
    private Words() {}

    /** Some, and more behind them. */
    public static String[] of(String[] some, String... more) {
        return Stream.of(some, more).flatMap(Stream::of).toArray(String[]::new);
    }

    /** One, and more behind it. */
    public static String[] of(String first, String... more) {
        return of(new String[] {first}, more);
    }
}
