package dev.sluice.cli.run;

/**
 * Work that is done on a thread of its own whenever it is asked for. However often it is asked while it goes on, it is done once more:
 * what was asked for may have changed after the work had looked at it.
 */
final class OnRequest {
    private final String thread;
    private final Runnable work;
    private boolean running;
    private boolean again;

    /**
     * @param thread name of the thread, which is there as long as there is work
     * @param work what it lets out ends the thread, whose handler is told, and not what is asked for later
     */
    OnRequest(String thread, Runnable work) {
        this.thread = thread;
        this.work = work;
    }

    /** Asks for it, and does not wait. From any thread. */
    synchronized void request() {
        if (running) {
            again = true;
            return;
        }
        begin();
    }

    private synchronized void begin() {
        running = false;
        Thread worker = new Thread(this::run, thread);
        worker.setDaemon(true);
        worker.start();
        running = true; // not if there was no thread to be had
    }

    private void run() {
        boolean done = false;
        try {
            do {
                work.run();
            } while (isAskedAgain());
            done = true;
        } finally {
            if (!done && isAskedAgain()) {
                begin();
            }
        }
    }

    private synchronized boolean isAskedAgain() {
        running = again;
        again = false;
        return running;
    }
}
