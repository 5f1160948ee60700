package dev.sluice.tests;

/** Which way through the proxy. */
enum Direction {
    UP,
    DOWN;

    Wire from(Rig.Link link) {
        return this == UP ? link.client() : link.upstream();
    }

    Wire to(Rig.Link link) {
        return this == UP ? link.upstream() : link.client();
    }

    Direction opposite() {
        return this == UP ? DOWN : UP;
    }
}
