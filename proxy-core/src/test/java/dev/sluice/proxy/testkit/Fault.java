package dev.sluice.proxy.testkit;

import dev.sluice.linux.Errno;
import java.util.function.LongUnaryOperator;

/** What a {@link Script} does to one call. */
public interface Fault {
    /**
     * Stands in for the call.
     *
     * @param length what the caller asked for, 0 where a call has no length
     * @param real makes the call, with the length that it is given
     * @return the call's answer
     */
    long answer(long length, LongUnaryOperator real);

    /** Whether the caller is led to believe that the socket is empty, or full, so that an event has to tell him when it is not. */
    default boolean deceives() {
        return true;
    }

    /** The call is not made. */
    static Fault error(int errno) {
        return named(Errno.name(errno), (length, real) -> -errno);
    }

    /** The call is not made, and no event makes up for that: the machine is wrong, or somebody stands before it who is. */
    static Fault untold(int errno) {
        return new Fault() {
            @Override
            public long answer(long length, LongUnaryOperator real) {
                return -errno;
            }

            @Override
            public boolean deceives() {
                return false;
            }

            @Override
            public String toString() {
                return "untold " + Errno.name(errno);
            }
        };
    }

    /** The call is made and its answer kept from the caller: close(2) and connect(2) do that with EINTR. */
    static Fault after(int errno) {
        return named("then " + Errno.name(errno), (length, real) -> {
            var _ = real.applyAsLong(length);
            return -errno;
        });
    }

    /** A transfer of no more than so many bytes. */
    static Fault shortened(long most) {
        return named("at most " + most, (length, real) -> real.applyAsLong(Math.min(length, most)));
    }

    /** What a pipe takes that is full: the socket is not empty, and no event will tell of what is left in it. */
    static Fault full(long bytes) {
        return new Fault() {
            @Override
            public long answer(long length, LongUnaryOperator real) {
                return real.applyAsLong(Math.min(length, bytes));
            }

            @Override
            public boolean deceives() {
                return false;
            }
        };
    }

    /** The call is not made; this is its answer. */
    static Fault answer(long value) {
        return named("= " + value, (length, real) -> value);
    }

    /** The call is made after something else was. */
    static Fault preceded(Runnable by) {
        return named("preceded", (length, real) -> {
            by.run();
            return real.applyAsLong(length);
        });
    }

    /** The call is made, and its answer told after something else has happened. */
    static Fault followed(Runnable by) {
        return named("followed", (length, real) -> {
            long result = real.applyAsLong(length);
            by.run();
            return result;
        });
    }

    /** A bug in the proxy. */
    static Fault bug() {
        return named("bug", (length, real) -> {
            throw new IllegalStateException("scripted");
        });
    }

    /** No memory for what the proxy wants to create at this call. */
    static Fault outOfMemory() {
        return named("out of memory", (length, real) -> {
            throw new OutOfMemoryError("scripted");
        });
    }

    /** What no program is written for: no loop goes on after it. */
    final class Fatal extends InternalError {
        private static final long serialVersionUID = 1;

        public Fatal() {
            super("scripted");
        }

        /** Tests that end threads need not show where. */
        @Override
        public synchronized Throwable fillInStackTrace() {
            return this;
        }
    }

    /** The call is not made, and the thread dies. */
    static Fault fatal() {
        return named("fatal", (length, real) -> {
            throw new Fatal();
        });
    }

    /** The call is made, and the thread dies before it has the answer. */
    static Fault fatalAfter() {
        return named("then fatal", (length, real) -> {
            var _ = real.applyAsLong(length);
            throw new Fatal();
        });
    }

    private static Fault named(String name, Fault fault) {
        return new Fault() {
            @Override
            public long answer(long length, LongUnaryOperator real) {
                return fault.answer(length, real);
            }

            @Override
            public String toString() {
                return name;
            }
        };
    }
}
