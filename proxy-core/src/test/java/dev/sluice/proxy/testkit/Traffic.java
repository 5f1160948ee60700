package dev.sluice.proxy.testkit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Several things done at once by one thread, as far as the sockets let it. */
public final class Traffic {
    /** Something to do with a connection, step by step. */
    public abstract static class Task {
        public final Conn conn;
        public final int wants;

        public Task(Conn conn, int wants) {
            this.conn = conn;
            this.wants = wants;
        }

        public abstract boolean isDone();

        /** Whether there may be more to do at once. */
        public abstract boolean step();
    }

    private Traffic() {}

    /** Until all is done. */
    public static void run(Net net, Task... tasks) {
        run(net, List.of(tasks));
    }

    public static void run(Net net, List<Task> tasks) {
        long deadline = System.nanoTime() + Net.PATIENCE_MILLIS * 1_000_000L;
        List<Task> left = new ArrayList<>(tasks);
        while (true) {
            boolean moved = false;
            for (Task task : left) {
                moved |= !task.isDone() && task.step();
            }
            left.removeIf(Task::isDone);
            if (left.isEmpty()) {
                return;
            }
            if (System.nanoTime() - deadline >= 0) {
                throw new AssertionError(
                        "stuck: " + left.stream().map(task -> task.conn).toList());
            }
            if (!moved) {
                await(net, left);
            }
        }
    }

    private static void await(Net net, List<Task> tasks) {
        Map<Integer, Integer> masks = new HashMap<>();
        tasks.forEach(task -> masks.merge(task.conn.fd, task.wants, (a, b) -> a | b));
        masks.forEach(net::add);
        net.awaitAny(100);
        masks.keySet().forEach(net::remove);
    }
}
