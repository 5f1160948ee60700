package dev.sluice.tests.testkit;

/** How often a test does what it does again and again: as often as suits every build, or as {@code -Dsluice.WHAT=N} says. */
public final class Repeats {
    private Repeats() {}

    /**
     * How often.
     *
     * @param what the property's name after {@code sluice.}
     */
    public static int of(String what, int usual) {
        return Integer.getInteger("sluice." + what, usual);
    }
}
