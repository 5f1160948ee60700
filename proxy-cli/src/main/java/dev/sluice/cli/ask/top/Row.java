package dev.sluice.cli.ask.top;

/**
 * A line of the screen.
 *
 * @param text escaped, and cut where the screen ends
 */
record Row(String text, Look look) {
    /** How it stands out. */
    enum Look {
        PLAIN,
        /** A heading of columns. */
        HEAD,
        /** What a key would act on. */
        CHOSEN,
        /** A server that can be used. */
        GOOD,
        /** Something an operator should look at. */
        WARNING,
        /** Something is wrong. */
        BAD
    }

    static final Row EMPTY = new Row("", Look.PLAIN);

    static Row plain(String text) {
        return new Row(text, Look.PLAIN);
    }

    static Row head(String text) {
        return new Row(text, Look.HEAD);
    }
}
