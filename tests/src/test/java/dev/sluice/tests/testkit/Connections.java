package dev.sluice.tests.testkit;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Connections that a test closes together. Declared behind the proxy that they go through, they are closed before it. */
public final class Connections<C extends Closeable> implements AutoCloseable {
    private final List<C> all = new ArrayList<>();

    /** Takes note of one, and returns it. */
    public C add(C connection) {
        all.add(connection);
        return connection;
    }

    /** In the order in which they were added. */
    public List<C> all() {
        return List.copyOf(all);
    }

    @Override
    public void close() throws IOException {
        for (C connection : all) {
            connection.close();
        }
    }
}
