package dev.sluice.proxy.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.testkit.LoopRig;
import dev.sluice.proxy.testkit.RealSockets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Handlers and timers that throw: who is told, and who goes on. */
class LoopFaultTest extends RealSockets {
    private final List<String> told = new ArrayList<>();
    private LoopRig rig;
    private EventLoop loop;

    @BeforeEach
    void open() {
        rig = new LoopRig(1);
        loop = rig.loop();
    }

    @AfterEach
    void close() {
        rig.close();
    }

    /** Writes down what it hears. */
    private class Listening implements Handler {
        final String name;

        Listening(String name) {
            this.name = name;
        }

        @Override
        public void onEvents(int tag, int events) {}

        @Override
        public void onTurn() {
            told.add(name + " turn");
        }

        @Override
        public void onStop() {
            told.add(name + " stop");
        }
    }

    /** Each has descriptors to give back. */
    @Test
    void oneThatThrowsWhenItIsToldToStopDoesNotKeepItFromTheOthers() {
        loop.attach(new Listening("a"));
        loop.attach(new Listening("bug") {
            @Override
            public void onStop() {
                throw new IllegalStateException("scripted");
            }

            @Override
            public void onFault() {
                told.add("bug fault");
                throw new OutOfMemoryError("scripted");
            }
        });
        loop.attach(new Listening("memory") {
            @Override
            public void onStop() {
                throw new OutOfMemoryError("scripted");
            }

            @Override
            public void onFault() {
                told.add("memory fault");
            }
        });
        loop.attach(new Listening("b"));
        loop.post(loop::stop);
        loop.run();
        assertEquals(List.of("a stop", "bug fault", "memory fault", "b stop"), told);
        assertTrue(loop.isStopped());
    }

    /** What nobody here can answer for ends the loop, and still everyone is told. */
    @Test
    void everyoneIsToldWhateverEndsTheLoop() {
        loop.attach(new Listening("a"));
        loop.post(() -> {
            throw new LinkageError("scripted");
        });
        assertThrows(LinkageError.class, loop::run);
        assertEquals(List.of("a stop"), told);
        assertTrue(loop.isStopped());
    }

    /** The timer belongs to something that can be ended. */
    @Test
    void aTimerThatThrowsEndsItsOwner() {
        Handler owner = new Listening("owner") {
            @Override
            public void onFault() {
                told.add("owner fault");
            }
        };
        class Failing extends Timer {
            @Override
            protected void onTimer(long now) {
                throw new IllegalStateException("scripted");
            }

            @Override
            protected Object faulty() {
                return owner;
            }
        }
        Timer good = new Timer() {
            @Override
            protected void onTimer(long now) {
                told.add("good");
            }
        };
        loop.schedule(new Failing(), loop.now());
        loop.schedule(good, loop.now());
        rig.until("both", () -> told.size() == 2);
        assertEquals(List.of("good", "owner fault"), told.stream().sorted().toList());
        assertEquals(1, rig.warnings.size(), rig.warnings::toString);
        assertTrue(rig.warnings.getFirst().contains("scripted"), rig.warnings::toString);
    }

    /** An owner that is its own timer, as sessions are; and one that nobody can end is said and no more. */
    @Test
    void aTimerThatIsAHandlerIsItsOwnOwner() {
        class Both extends Timer implements Handler {
            @Override
            protected void onTimer(long now) {
                throw new OutOfMemoryError("scripted");
            }

            @Override
            public void onEvents(int tag, int events) {}

            @Override
            public void onFault() {
                told.add("fault");
            }
        }
        class Alone extends Timer {
            @Override
            protected void onTimer(long now) {
                told.add("alone");
                throw new IllegalStateException("scripted");
            }
        }
        loop.schedule(new Both(), loop.now());
        loop.schedule(new Alone(), loop.now());
        rig.until("both", () -> told.size() == 2);
        assertEquals(List.of("alone", "fault"), told.stream().sorted().toList());
    }

    @Test
    void oneThatThrowsInItsTurnIsToldOfItAndTheOthersHaveTheirs() {
        loop.again(new Listening("bad") {
            @Override
            public void onTurn() {
                throw new OutOfMemoryError("scripted");
            }
        });
        loop.again(new Listening("good"));
        rig.until("both", () -> told.size() == 2);
        assertEquals(List.of("bad stop", "good turn"), told);
    }
}
