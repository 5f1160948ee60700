package dev.sluice.cli.bench.watch;

import dev.sluice.cli.machine.Proc;
import java.util.List;

/** The threads of a process. */
final class Tasks {
    private Tasks() {}

    /** Their numbers; none when the process is not there. */
    static List<Long> of(Proc proc, long pid) {
        return proc.list(pid + "/task").stream().map(Long::parseLong).toList();
    }
}
