package dev.sluice.tests.testkit;

/** Which way through the proxy. */
public enum Direction {
    UP,
    DOWN;

    public Wire from(SluiceRig.Link link) {
        return this == UP ? link.client() : link.upstream();
    }

    public Wire to(SluiceRig.Link link) {
        return this == UP ? link.upstream() : link.client();
    }

    public Direction opposite() {
        return this == UP ? DOWN : UP;
    }
}
