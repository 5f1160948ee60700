package dev.sluice.cli.run;

import dev.sluice.cli.common.Exit;
import dev.sluice.cli.common.InternalErrors;
import dev.sluice.cli.log.Messages;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * Tells of threads that an error has ended. A proxy without one of its loops would look alive and leave its share of the sessions
 * hanging, so the death of a loop ends the process: at once, and without waiting for the words to be read.
 */
final class DeadThreads implements Thread.UncaughtExceptionHandler {
    /** The data loops and the control loop. */
    private static final String LOOP = "sluice-loop-";

    private static final String CONTROL = "sluice-control";

    private final Messages messages;
    private final Map<String, String> environment;
    private final IntConsumer halt;

    /**
     * @param halt ends the process with an exit code, whatever its threads do
     */
    DeadThreads(Messages messages, Map<String, String> environment, IntConsumer halt) {
        this.messages = messages;
        this.environment = environment;
        this.halt = halt;
    }

    @Override
    public void uncaughtException(Thread thread, Throwable error) {
        boolean loop = thread.getName().startsWith(LOOP) || thread.getName().equals(CONTROL);
        try {
            messages.say(thread.getName() + " died: " + InternalErrors.describe(error, environment));
            if (loop) {
                messages.close();
            }
        } finally {
            // Also when there is no memory left for words.
            if (loop) {
                halt.accept(Exit.FAILED);
            }
        }
    }
}
