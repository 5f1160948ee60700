package dev.sluice.proxy.testkit;

import java.util.function.LongUnaryOperator;

/**
 * Holds loops up: while it is shut, whoever has waited for events waits here too, with what it was told in its hand. A {@link Fault} for
 * {@link Call#EPOLL_WAIT}.
 */
public final class Gate implements Fault {
    private boolean shut;
    private int held;

    @Override
    public long answer(long length, LongUnaryOperator real) {
        long result = real.applyAsLong(length);
        pass();
        return result;
    }

    private synchronized void pass() {
        held++;
        try {
            while (shut) {
                wait();
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        } finally {
            held--;
        }
    }

    /** Whoever comes to it from now on is held. */
    public synchronized void shut() {
        shut = true;
    }

    /** Lets all pass. */
    public synchronized void open() {
        shut = false;
        notifyAll();
    }

    private synchronized int held() {
        return held;
    }

    /** Waits until so many are held. */
    public void awaitHeld(int loops) {
        ProxyRig.await("loops at the gate", () -> held() == loops);
    }

    /** A script under which all loops go through the gate. */
    public Script script() {
        Script script = new Script();
        script.always(Call.EPOLL_WAIT, this);
        return script;
    }
}
