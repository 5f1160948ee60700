package dev.sluice.proxy.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.config.Balance;
import dev.sluice.proxy.testkit.Seeds;
import dev.sluice.proxy.upstream.Candidates.Outcome;
import dev.sluice.proxy.upstream.Endpoint.Count;
import dev.sluice.proxy.upstream.Endpoint.State;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Random upstreams, whose endpoints come and go while connections try them, against rules that are simple and slow. */
class CandidatesModelTest {
    private static final int STEPS = 400;
    private static final int LOOPS = 3;

    @Test
    void whoeverIsGivenMayBeAndNobodyIsForgotten() {
        Seeds.each(300, seed -> new Model(new SplittableRandom(seed), seed).run());
    }

    /** A connection that has been given somebody, and may ask for more or become a session. */
    private static final class Try {
        final Candidates candidates;
        final int loop;
        /** Members that it was given. */
        final Set<Integer> members = new HashSet<>();

        @Nullable
        Endpoint now;

        boolean claimed;

        Try(Candidates candidates, int loop) {
            this.candidates = candidates;
            this.loop = loop;
        }
    }

    private static final class Model {
        private final SplittableRandom random;
        private final Servers servers;
        private final int retries;
        private final List<Endpoint> endpoints = new ArrayList<>();
        private final List<Try> tries = new ArrayList<>();
        private final Map<Endpoint, Integer> sessions = new HashMap<>();

        Model(SplittableRandom random, long seed) {
            this.random = random;
            retries = random.nextInt(5);
            Balance[] policies = Balance.values();
            servers = new Servers(LOOPS, seed)
                    .policy(policies[random.nextInt(policies.length)])
                    .retries(retries)
                    .slowStart(random.nextBoolean() ? 0 : Servers.SECOND);
            int size = random.nextInt(1, random.nextInt(10) == 0 ? 90 : 7);
            for (int i = 0; i < size; i++) {
                List<Endpoint> addresses = new ArrayList<>();
                for (int a = random.nextInt(4) == 0 ? 2 : 1; a > 0; a--) {
                    addresses.add(new Endpoint(servers.group, Servers.address(endpoints.size() + addresses.size())));
                }
                endpoints.addAll(addresses);
                int weight = random.nextInt(5) == 0 ? 0 : random.nextInt(1, 257);
                servers.member(new Upstream.Member("m" + i, addresses, weight, random.nextInt(4) == 0));
            }
            for (Endpoint endpoint : endpoints) {
                sessions.put(endpoint, 0);
                if (random.nextInt(3) == 0) {
                    endpoint.maxSessions(random.nextInt(1, 4));
                }
            }
        }

        void run() {
            for (int i = 0; i < STEPS; i++) {
                servers.now += random.nextLong(Servers.SECOND / 50);
                switch (random.nextInt(6)) {
                    case 0 -> any(endpoints).state(any(List.of(State.values())));
                    case 1 -> any(endpoints).weightPercent(random.nextInt(3) * 50);
                    case 2 -> begin();
                    case 3, 4 -> ask();
                    default -> end();
                }
                check();
            }
            while (!tries.isEmpty()) {
                end();
            }
            endpoints.forEach(endpoint -> assertEquals(0, endpoint.sum(Count.SESSIONS)));
        }

        private <T> T any(List<T> of) {
            return of.get(random.nextInt(of.size()));
        }

        private void begin() {
            int loop = random.nextInt(LOOPS);
            tries.add(new Try(servers.upstream().candidates(loop, Servers.client(random.nextInt(1000))), loop));
        }

        private void end() {
            if (!tries.isEmpty()) {
                release(tries.remove(random.nextInt(tries.size())));
            }
        }

        private void release(Try one) {
            Endpoint had = one.now;
            if (had != null) {
                sessions.merge(had, -1, Integer::sum);
                had.leave(one.loop, one.claimed);
                one.now = null;
            }
        }

        private boolean has(Endpoint endpoint) {
            int most = endpoint.maxSessions();
            return endpoint.state() == State.UP
                    && endpoint.weightPercent() > 0
                    && (most == 0 || Objects.requireNonNull(sessions.get(endpoint)) < most);
        }

        private Upstream.Member member(int index) {
            return servers.upstream().members().get(index);
        }

        private boolean has(int member) {
            return member(member).weight() > 0
                    && member(member).endpoints().stream().anyMatch(this::has);
        }

        private boolean isUp(int member) {
            return member(member).weight() > 0
                    && member(member).endpoints().stream()
                            .anyMatch(of -> of.state() == State.UP && of.weightPercent() > 0);
        }

        /** The attempt before has failed, or there was none. */
        private void ask() {
            if (tries.isEmpty()) {
                return;
            }
            Try one = any(tries);
            int before = one.now == null ? -1 : servers.indexOf(one.now);
            release(one);
            Set<Integer> others = new HashSet<>();
            Set<Integer> up = new HashSet<>();
            boolean noBackup = false;
            for (int m = 0; m < servers.size(); m++) {
                if (!one.members.contains(m)) {
                    if (has(m)) {
                        others.add(m);
                        noBackup |= !member(m).backup();
                    }
                    if (isUp(m)) {
                        up.add(m);
                    }
                }
            }
            boolean mayMore = one.members.size() < 1 + retries;
            Endpoint given = one.candidates.next();
            if (given == null) {
                assertTrue(others.isEmpty() || !mayMore, () -> others + " were forgotten");
                Outcome wanted = !mayMore
                        ? Outcome.TRIED
                        : !up.isEmpty() ? Outcome.FULL : one.members.isEmpty() ? Outcome.DOWN : Outcome.TRIED;
                assertEquals(wanted, one.candidates.outcome());
                return;
            }
            assertTrue(has(given), given::toString);
            int member = servers.indexOf(given);
            if (member != before) {
                assertTrue(mayMore);
                assertTrue(others.contains(member), () -> member + " was not to be given");
                assertFalse(noBackup && member(member).backup(), () -> member + " is a backup");
                one.members.add(member);
            }
            one.now = given;
            one.claimed = one.candidates.isClaimed();
            assertEquals(given.maxSessions() > 0, one.claimed);
            given.count(one.loop, Count.SESSIONS, 1);
            sessions.merge(given, 1, Integer::sum);
        }

        private void check() {
            boolean up = false;
            boolean room = false;
            for (int m = 0; m < servers.size(); m++) {
                up |= isUp(m);
                room |= has(m);
            }
            assertEquals(up, servers.upstream().isUp());
            assertEquals(room, servers.upstream().hasRoom());
        }
    }
}
