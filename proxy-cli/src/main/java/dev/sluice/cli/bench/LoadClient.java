package dev.sluice.cli.bench;

import dev.sluice.cli.bench.lab.Child;
import dev.sluice.cli.bench.lab.Lab;
import dev.sluice.cli.bench.lab.Role;
import dev.sluice.cli.bench.load.Job;
import dev.sluice.cli.bench.load.LoadCommand;
import dev.sluice.cli.bench.load.Outcome;
import java.util.List;

/** The process that makes the traffic, seen from here. */
final class LoadClient {
    private static final long PATIENCE_MILLIS = 20_000;

    private final Child child;

    /** A job could not be done. The message is one line for a person. */
    static final class FailedException extends Exception {
        private static final long serialVersionUID = 1L;

        FailedException(String message) {
            super(message, null, false, false);
        }
    }

    LoadClient(Lab lab) {
        this.child = lab.start("the load's client", Role.CLIENT, List.of("bench", "load"));
    }

    long pid() {
        return child.pid();
    }

    /**
     * Has a job done.
     *
     * @param atStart run when counting begins
     * @param atEnd run when it ends; the traffic goes on meanwhile
     * @throws FailedException when it could not be done
     */
    Outcome run(Job job, Runnable atStart, Runnable atEnd) throws FailedException, InterruptedException {
        child.tell(job.toString());
        expect(LoadCommand.WINDOW, job.rampMillis());
        atStart.run();
        expect(LoadCommand.END, job.windowMillis());
        atEnd.run();
        child.tell(LoadCommand.STOP);
        return Outcome.parse(expect(LoadCommand.OUTCOME, 0).substring(LoadCommand.OUTCOME.length()));
    }

    private String expect(String beginning, long millis) throws FailedException, InterruptedException {
        String line = child.hear(millis + PATIENCE_MILLIS);
        if (line.startsWith(LoadCommand.FAILED)) {
            throw new FailedException(line.substring(LoadCommand.FAILED.length()));
        }
        if (!line.startsWith(beginning)) {
            throw new IllegalStateException("the client says '" + line + "' and not '" + beginning + "'");
        }
        return line;
    }
}
