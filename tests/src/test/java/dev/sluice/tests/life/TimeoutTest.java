package dev.sluice.tests.life;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.AccessLine;
import dev.sluice.tests.testkit.Direction;
import dev.sluice.tests.testkit.Family;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Relays;
import dev.sluice.tests.testkit.RigPerRelay;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.SluiceRig;
import dev.sluice.tests.testkit.SluiceRig.Link;
import dev.sluice.tests.testkit.Wire.End;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Sessions that nothing happens in. They end when their time is up and not before, with a reset to both sides, and say why. Time
 * passes in these tests because it is what they are about.
 */
@Relays
@Timeout(60)
class TimeoutTest {
    private static final long LIMIT_MILLIS = 1000;
    /** How much later than its time a session may end on a machine that is busy. */
    private static final long LATE_MILLIS = 5000;
    /** Often enough to keep a session alive. */
    private static final long PACE_MILLIS = 100;

    private static final int PACES = 20;

    @RegisterExtension
    static final RigPerRelay IDLE =
            RigPerRelay.with("--idle-timeout", LIMIT_MILLIS + "ms", "--half-close-timeout", "1h");

    @RegisterExtension
    static final RigPerRelay HALF_CLOSE =
            RigPerRelay.with("--idle-timeout", "1h", "--half-close-timeout", LIMIT_MILLIS + "ms");

    private final SluiceRig idle;
    private final SluiceRig halfClose;

    TimeoutTest(Relay relay) {
        idle = IDLE.of(relay);
        halfClose = HALF_CLOSE.of(relay);
    }

    @Test
    void idle() throws Exception {
        try (Link link = idle.open()) {
            long start = System.nanoTime();
            link.client().send(10);
            link.upstream().receive(10);
            endsInTime(link, start, "proxy idle");
            assertEquals(10, link.log().up());
        }
    }

    @Test
    void idleFromTheStart() throws Exception {
        long start = System.nanoTime(); // its time begins while it is opened
        try (Link link = idle.open(Family.V6, Family.V4)) {
            endsInTime(link, start, "proxy idle");
        }
    }

    /** A byte either way counts for both. */
    @Test
    void notIdle() throws Exception {
        bothWays(idle, (link, direction) -> {
            long start = drip(link, direction);
            endsInTime(link, start, "proxy idle");
        });
    }

    /** What a receiver does not take is no traffic. */
    @Test
    void heldUp() throws Exception {
        bothWays(idle, (link, direction) -> {
            direction.from(link).sendUntilBroken();
            assertEquals(End.RESET, direction.to(link).receiveAll());
            assertEquals("proxy idle", link.log().end());
        });
    }

    @Test
    void halfClosed() throws Exception {
        bothWays(halfClose, (link, ended) -> {
            long start = System.nanoTime();
            ended.from(link).send(10);
            ended.from(link).finish();
            assertEquals(End.EOF, ended.to(link).receiveAll());
            assertEquals(End.RESET, ended.from(link).receiveAll());
            inTime(start);
            // It has seen the end of the stream, so only writing tells it (RFC 9293, CLOSE-WAIT).
            ended.to(link).sendUntilBroken();
            AccessLine line = link.log();
            assertEquals("proxy half-close", line.end(), line::text);
        });
    }

    @Test
    void halfClosedAndNotSilent() throws Exception {
        bothWays(halfClose, (link, ended) -> {
            ended.from(link).finish();
            drip(link, ended.opposite());
            ended.to(link).finish();
            assertEquals(End.EOF, ended.from(link).receiveAll());
            assertEquals(End.EOF, ended.to(link).receiveAll());
            assertEquals(
                    ended == Direction.UP ? "client fin" : "upstream fin",
                    link.log().end());
        });
    }

    /** The time of a half-closed session begins when it becomes one, however long it was silent before. */
    @Test
    void silentThenHalfClosed() throws Exception {
        try (Link link = halfClose.open()) {
            Thread.sleep(LIMIT_MILLIS + LIMIT_MILLIS / 2);
            link.client().finish();
            assertEquals(End.EOF, link.upstream().receiveAll());
            link.upstream().send(1);
            link.client().receive(1);
            link.upstream().finish();
            assertEquals(End.EOF, link.client().receiveAll());
            assertEquals("client fin", link.log().end());
        }
    }

    @Test
    void halfClosedAndHeldUp() throws Exception {
        bothWays(halfClose, (link, ended) -> {
            ended.from(link).finish();
            assertEquals(End.EOF, ended.to(link).receiveAll());
            ended.to(link).sendUntilBroken();
            assertEquals(End.RESET, ended.from(link).receiveAll());
            assertEquals("proxy half-close", link.log().end());
        });
    }

    /** What happens to one session. */
    private interface Scenario {
        void play(Link link, Direction direction) throws Exception;
    }

    /** Plays it up and down at the same time, since all it does is to wait. */
    private static void bothWays(SluiceRig rig, Scenario scenario) throws IOException {
        try (Link up = rig.open();
                Link down = rig.open(Family.V6, Family.V4)) {
            rig.workers.together(
                    SluiceProcess.PATIENCE,
                    () -> scenario.play(up, Direction.UP),
                    () -> scenario.play(down, Direction.DOWN));
        }
    }

    /**
     * Bytes at a pace, for twice the time that silence may last.
     *
     * @return when the last was sent
     */
    private static long drip(Link link, Direction direction) throws Exception {
        long sentAt = 0;
        for (int i = 0; i < PACES; i++) {
            Thread.sleep(PACE_MILLIS);
            sentAt = System.nanoTime();
            direction.from(link).send(1);
            direction.to(link).receive(1);
        }
        return sentAt;
    }

    private static void endsInTime(Link link, long start, String cause) throws IOException {
        assertEquals(End.RESET, link.client().receiveAll());
        inTime(start);
        assertEquals(End.RESET, link.upstream().receiveAll());
        AccessLine line = link.log();
        assertEquals(cause, line.end(), line::text);
    }

    private static void inTime(long start) {
        long millis = (System.nanoTime() - start) / 1_000_000;
        assertTrue(
                millis >= LIMIT_MILLIS - 1 && millis < LIMIT_MILLIS + LATE_MILLIS,
                () -> "ended after " + millis + " ms");
    }
}
