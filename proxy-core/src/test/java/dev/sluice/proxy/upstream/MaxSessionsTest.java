package dev.sluice.proxy.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.config.Balance;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.upstream.Candidates.Outcome;
import dev.sluice.proxy.upstream.Endpoint.Count;
import dev.sluice.proxy.upstream.Endpoint.State;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How many sessions an endpoint has at most, over all loops. */
class MaxSessionsTest {
    private static final int LOOPS = 4;

    /** A session as an arrival begins and a departure ends it. */
    private record Session(Endpoint endpoint, int loop, boolean claimed) {
        void end() {
            endpoint.leave(loop, claimed);
        }
    }

    private static @Nullable Session open(Servers servers, int loop) {
        Candidates candidates = servers.upstream().candidates(loop, Net.LOOPBACK);
        Endpoint given = candidates.next();
        if (given == null) {
            return null;
        }
        given.count(loop, Count.SESSIONS, 1);
        return new Session(given, loop, candidates.isClaimed());
    }

    private static Session mustOpen(Servers servers, int loop) {
        Session session = open(servers, loop);
        assertNotNull(session);
        return session;
    }

    @Test
    void whoIsFullIsPassedOverAndTheOutcomeSaysSo() {
        Servers servers = new Servers(LOOPS, 1).weights(1, 1);
        servers.endpoint(0).maxSessions(2);
        servers.endpoint(1).maxSessions(1);
        List<Session> sessions = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            assertTrue(servers.upstream().hasRoom());
            sessions.add(mustOpen(servers, i));
        }
        assertEquals(2, servers.endpoint(0).sum(Count.SESSIONS));
        assertFalse(servers.upstream().hasRoom());
        assertTrue(servers.upstream().isUp());
        Candidates candidates = servers.candidates(3);
        assertNull(candidates.next());
        assertEquals(Outcome.FULL, candidates.outcome());
        servers.endpoint(0).state(State.DOWN);
        servers.endpoint(1).state(State.DOWN);
        assertNull(candidates.next());
        assertEquals(Outcome.DOWN, candidates.outcome());
        servers.endpoint(0).state(State.UP);
        servers.endpoint(1).state(State.UP);
        sessions.removeFirst().end();
        assertTrue(servers.upstream().hasRoom());
        assertNotNull(candidates.next(), "it may be asked again");
        assertTrue(candidates.isClaimed());
        assertNull(servers.candidates(0).next(), "that was the place");
    }

    /** One refused, the other one full: it is still worth to wait. */
    @Test
    void whoFailedLeavesThoseThatAreFull() {
        Servers servers = new Servers(1, 1).weights(1, 1);
        servers.endpoint(1).maxSessions(1);
        Session session = null;
        while (session == null || session.endpoint() != servers.endpoint(1)) {
            session = mustOpen(servers, 0);
        }
        Candidates candidates = servers.candidates(0);
        assertSame(servers.endpoint(0), candidates.next());
        assertNull(candidates.next());
        assertEquals(Outcome.FULL, candidates.outcome());
        session.end();
        assertSame(servers.endpoint(1), candidates.next());
        assertNull(candidates.next());
        assertEquals(Outcome.TRIED, candidates.outcome());
    }

    @Test
    void everyPlaceThatIsGivenBackIsTold() {
        Servers servers = new Servers(LOOPS, 1).weights(1, 1);
        servers.endpoint(0).maxSessions(1);
        AtomicInteger told = new AtomicInteger();
        List<Boolean> roomWhenTold = new ArrayList<>();
        servers.group.onRoom(() -> {
            told.incrementAndGet();
            roomWhenTold.add(servers.endpoint(0).hasRoom());
        });
        for (int i = 0; i < 100; i++) {
            Session session = mustOpen(servers, i % LOOPS);
            int before = told.get();
            session.end();
            assertEquals(before + (session.endpoint() == servers.endpoint(0) ? 1 : 0), told.get());
        }
        assertTrue(told.get() > 40);
        assertFalse(roomWhenTold.contains(false), "the place is free by then");
    }

    @Test
    void sessionsFromBeforeTheLimitCountAndClaimNothing() {
        Servers servers = new Servers(LOOPS, 1).weights(1);
        Endpoint endpoint = servers.endpoint(0);
        AtomicInteger told = new AtomicInteger();
        servers.group.onRoom(told::incrementAndGet);
        Deque<Session> old = new ArrayDeque<>();
        for (int i = 0; i < 5; i++) {
            old.add(mustOpen(servers, i % LOOPS));
        }
        endpoint.maxSessions(3);
        told.set(0);
        for (int left = 5; left >= 3; left--) {
            assertFalse(endpoint.hasRoom());
            assertNull(open(servers, 0));
            old.removeFirst().end();
        }
        assertEquals(3, told.get(), "who waits for these is told as well");
        Session claimed = mustOpen(servers, 0);
        assertNull(open(servers, 1));
        old.removeFirst().end();
        old.removeFirst().end();
        List<Session> sessions = new ArrayList<>(List.of(claimed, mustOpen(servers, 1), mustOpen(servers, 2)));
        assertNull(open(servers, 3));
        // And what was claimed is given back, whatever the limit is by then.
        endpoint.maxSessions(0);
        sessions.add(mustOpen(servers, 0));
        sessions.forEach(Session::end);
        endpoint.maxSessions(1);
        Session only = mustOpen(servers, 0);
        assertNull(open(servers, 0));
        only.end();
        assertEquals(0, endpoint.sum(Count.SESSIONS));
        assertTrue(endpoint.hasRoom());
    }

    @Test
    void aLowerLimitCutsNobody() {
        Servers servers = new Servers(1, 1).weights(1);
        servers.endpoint(0).maxSessions(3);
        List<Session> sessions = List.of(mustOpen(servers, 0), mustOpen(servers, 0), mustOpen(servers, 0));
        servers.endpoint(0).maxSessions(2);
        sessions.get(0).end();
        assertNull(open(servers, 0));
        sessions.get(1).end();
        assertNotNull(open(servers, 0));
        assertNull(open(servers, 0));
    }

    /** Each address of a host is a server of its own. */
    @Test
    void aHostIsFullWhenAllItsAddressesAre() {
        Servers servers = new Servers(1, 1);
        Endpoint one = new Endpoint(servers.group, Servers.address(1));
        Endpoint other = new Endpoint(servers.group, Servers.address(2));
        servers.member(new Upstream.Member("host:1", List.of(one, other), 1, false));
        one.maxSessions(1);
        other.maxSessions(1);
        assertSame(one, mustOpen(servers, 0).endpoint());
        assertSame(other, mustOpen(servers, 0).endpoint());
        assertNull(open(servers, 0));
    }

    @ParameterizedTest
    @EnumSource
    void noLoopEverHasOneTooMany(Balance policy) throws InterruptedException {
        int[] limits = {1, 3, 7};
        Servers servers = new Servers(LOOPS, 1).policy(policy).weights(1, 2, 3);
        AtomicInteger[] held = new AtomicInteger[3];
        for (int m = 0; m < 3; m++) {
            servers.endpoint(m).maxSessions(limits[m]);
            held[m] = new AtomicInteger();
        }
        servers.upstream();
        AtomicInteger tooMany = new AtomicInteger();
        AtomicInteger full = new AtomicInteger();
        AtomicInteger ended = new AtomicInteger();
        AtomicInteger told = new AtomicInteger();
        servers.group.onRoom(told::incrementAndGet);
        Consumer<Session> end = session -> {
            held[servers.indexOf(session.endpoint())].decrementAndGet();
            session.end();
            ended.incrementAndGet();
        };
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < LOOPS; t++) {
            int loop = t;
            threads.add(new Thread(() -> {
                SplittableRandom random = new SplittableRandom(loop);
                Deque<Session> mine = new ArrayDeque<>();
                for (int i = 0; i < 50_000; i++) {
                    if (mine.isEmpty() || random.nextInt(3) > 0) {
                        Session session = open(servers, loop);
                        if (session == null) {
                            full.incrementAndGet();
                        } else {
                            int member = servers.indexOf(session.endpoint());
                            if (held[member].incrementAndGet() > limits[member]) {
                                tooMany.incrementAndGet();
                            }
                            mine.add(session);
                        }
                    } else {
                        end.accept(mine.removeFirst());
                    }
                }
                mine.forEach(end);
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(0, tooMany.get());
        assertTrue(full.get() > 0, "the limits were reached");
        assertEquals(ended.get(), told.get());
        for (int m = 0; m < 3; m++) {
            assertEquals(0, servers.endpoint(m).sum(Count.SESSIONS));
        }
        for (int i = 0; i < 11; i++) {
            mustOpen(servers, 0);
        }
        assertNull(open(servers, 0), "every place was given back once");
    }
}
