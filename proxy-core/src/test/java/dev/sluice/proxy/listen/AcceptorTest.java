package dev.sluice.proxy.listen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;
import dev.sluice.linux.SockaddrBuffer;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.LoopRig;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.RealSockets;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Accepting on one loop, as long as there are descriptors. */
class AcceptorTest extends RealSockets {
    private static final int BUDGET = 6;

    private LoopRig rig;
    private DescriptorBudget budget;
    private ListenSocket socket;

    /** Keeps what it is given, or throws. */
    private final class Keeping extends Acceptor {
        final List<Integer> kept = new ArrayList<>();
        final List<Address> clients = new ArrayList<>();
        final List<Integer> shortages = new ArrayList<>();
        final List<Integer> pauses = new ArrayList<>();
        boolean throwing;

        Keeping(DescriptorBudget budget) {
            super(rig.kernel, rig.loop(), socket, budget, new SockaddrBuffer(rig.kernel));
        }

        @Override
        protected void onAccepted(int fd, Address client) {
            kept.add(fd);
            clients.add(client);
            if (throwing) {
                throwing = false;
                throw new IllegalStateException("scripted");
            }
        }

        @Override
        protected void onPause(int errno) {
            pauses.add(errno);
        }

        @Override
        protected void onShortage(int errno) {
            shortages.add(errno);
        }

        @Override
        protected void warn(String text) {
            rig.warnings.add(text);
        }

        /** Closes the oldest, and gives back its descriptors. */
        void endOne() {
            rig.kernel.close(kept.removeFirst());
            budget.release(Acceptor.DESCRIPTORS);
        }

        void endAll() {
            while (!kept.isEmpty()) {
                endOne();
            }
        }
    }

    @BeforeEach
    void openRig() throws IOException {
        rig = new LoopRig(1);
        budget = new DescriptorBudget(BUDGET);
        socket = ListenSocket.open(rig.kernel, Net.LOOPBACK, TcpSettings.DEFAULTS);
    }

    @AfterEach
    void closeRig() {
        rig.script.clear();
        rig.stop();
        socket.close(rig.kernel);
        rig.close();
        assertEquals(BUDGET, budget.available(), "given back");
    }

    private void connect(int count) {
        for (int i = 0; i < count; i++) {
            net.connect(socket.address());
        }
    }

    @Test
    void tellsWhoConnected() {
        Keeping acceptor = new Keeping(budget);
        assertEquals(0, acceptor.open());
        int client = net.connect(socket.address());
        rig.until("the client", () -> acceptor.kept.size() == 1);
        assertEquals(List.of(net.nameOf(client)), acceptor.clients);
        assertEquals(BUDGET - Acceptor.DESCRIPTORS, budget.available(), "for the client and its upstream");
        acceptor.endAll();
    }

    @Test
    void pausesWithoutDescriptorsAndGoesOnWhenThereAreSome() {
        Keeping acceptor = new Keeping(budget);
        acceptor.open();
        connect(5);
        rig.until("a pause", () -> !acceptor.shortages.isEmpty());
        assertEquals(3, acceptor.kept.size());
        assertEquals(List.of(Errno.EMFILE), acceptor.shortages);
        for (int i = 0; i < 2; i++) {
            acceptor.endOne();
            rig.until("the next one", () -> acceptor.kept.size() == 3);
        }
        assertEquals(acceptor.shortages.size(), rig.get(Counter.ACCEPT_PAUSES));
        assertEquals(acceptor.shortages, acceptor.pauses);
        acceptor.endAll();
        long calls = rig.script.count(Call.ACCEPT);
        rig.turnFor(300);
        assertEquals(calls, rig.script.count(Call.ACCEPT), "nobody was there");
    }

    /** To find nobody costs much: the kernel makes a socket before it looks. */
    @Test
    void whoComesAloneIsNotFollowedByALookInVain() {
        Keeping acceptor = new Keeping(budget);
        acceptor.open();
        for (int i = 1; i <= 10; i++) {
            connect(1);
            rig.until("the client", () -> acceptor.kept.size() == 1);
            acceptor.endAll();
            rig.turn(rig.loop()); // finds nobody
            assertEquals(i, rig.script.count(Call.ACCEPT));
        }
    }

    /** A turn for each of those who come together would make the last ones wait. */
    @Test
    void whoComeTogetherAreAcceptedInFewTurns() {
        DescriptorBudget large = new DescriptorBudget(1000);
        Keeping acceptor = new Keeping(large);
        acceptor.open();
        connect(200);
        long waits = rig.script.count(Call.EPOLL_WAIT);
        rig.until("all", () -> acceptor.kept.size() == 200);
        long turns = rig.script.count(Call.EPOLL_WAIT) - waits;
        assertTrue(turns <= 12, () -> turns + " turns"); // 1, 2, 4 … 64 at a time
        acceptor.kept.forEach(rig.kernel::close);
    }

    /** Where more is ready than fits one look at epoll, the listener is told of in each second or third turn only. */
    @Test
    void whoComeTogetherAreAcceptedInFewTurnsOfABusyLoop() {
        MemorySegment one = rig.kernel.allocate(Long.BYTES);
        one.set(ValueLayout.JAVA_LONG, 0, 1);
        int slot = rig.loop().attach((tag, events) -> {});
        List<Integer> others = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            int fd = Errno.check(rig.kernel.eventfd(), "eventfd");
            others.add(fd);
            assertEquals(Long.BYTES, rig.kernel.write(fd, one, 0, Long.BYTES));
            assertEquals(0, rig.loop().watch(slot, 0, fd, Epoll.IN));
        }
        Keeping acceptor = new Keeping(new DescriptorBudget(1000));
        acceptor.open();
        connect(100);
        long before = rig.get(Counter.TURNS);
        rig.until("all", () -> acceptor.kept.size() == 100);
        long turns = rig.get(Counter.TURNS) - before;
        assertTrue(turns <= 24, () -> turns + " turns"); // 1, 2, 4 … 64 at a time
        acceptor.kept.forEach(rig.kernel::close);
        others.forEach(rig.kernel::close);
    }

    /** Nothing is claimed for a client who is not there. */
    @Test
    void aLookInVainCostsNothing() {
        Keeping acceptor = new Keeping(budget);
        acceptor.open();
        connect(1);
        rig.until("the client", () -> acceptor.kept.size() == 1);
        acceptor.endAll();
        for (int errno : new int[] {
            Errno.EAGAIN, Errno.EINTR, Errno.ECONNABORTED, Errno.EPERM, Errno.EPROTO, Errno.EHOSTUNREACH, Errno.ENFILE
        }) {
            rig.script.once(Call.ACCEPT, 1, Fault.error(errno));
            connect(1);
            rig.until("the client", () -> acceptor.kept.size() == 1);
            assertEquals(BUDGET - Acceptor.DESCRIPTORS, budget.available(), Errno.name(errno));
            acceptor.endAll();
        }
        assertEquals(
                List.of(Errno.ENFILE), acceptor.shortages, "the others are of one connection, and no reason to pause");
    }

    @Test
    void oneThatThrowsDoesNotStopTheListener() {
        Keeping acceptor = new Keeping(budget);
        acceptor.open();
        acceptor.throwing = true;
        connect(3);
        rig.until("all", () -> acceptor.kept.size() == 3);
        acceptor.endAll();
    }

    /** As many as there are, not a batch only: what is left would be reset when the socket is closed. */
    @Test
    void takesTheWholeBacklogBeforeItStops() {
        int count = 300;
        DescriptorBudget large = new DescriptorBudget(2L * count + 10);
        Keeping acceptor = new Keeping(large);
        acceptor.open();
        connect(count);
        acceptor.drain();
        assertEquals(count, acceptor.kept.size());
        assertEquals(10, large.available());
        connect(1);
        long waits = rig.script.count(Call.EPOLL_WAIT);
        rig.turnFor(100);
        assertEquals(count, acceptor.kept.size(), "it has stopped");
        long turns = rig.script.count(Call.EPOLL_WAIT) - waits;
        assertTrue(turns <= 200, () -> "it is woken for a socket that it does not accept on: " + turns + " turns");
        acceptor.kept.forEach(rig.kernel::close);
        acceptor.drain(); // again
    }

    /** It pauses, and takes nothing more when the pause is over: other loops do, or nobody can wait for it. */
    @Test
    void stopsWhileItPauses() {
        Keeping acceptor = new Keeping(budget);
        acceptor.open();
        connect(4);
        rig.until("a pause", () -> !acceptor.shortages.isEmpty());
        acceptor.drain();
        acceptor.endAll();
        rig.turnFor(250);
        assertTrue(acceptor.kept.isEmpty());
        assertEquals(1, rig.warnings.size(), rig.warnings::toString);
    }

    /** Who had connected waits for descriptors, as he would if the listener stayed. */
    @Test
    void takesTheRestWhenThereAreDescriptors() {
        Keeping acceptor = new Keeping(budget);
        acceptor.open();
        connect(9);
        AtomicInteger done = new AtomicInteger();
        acceptor.drain(done::incrementAndGet);
        for (int i = 0; i < 2; i++) {
            assertEquals(3, acceptor.kept.size());
            acceptor.endAll();
            rig.until("the next three", () -> acceptor.kept.size() == 3);
        }
        assertEquals(0, done.get(), "whether there are more is not known yet");
        acceptor.endAll();
        rig.until("the end", () -> done.get() == 1);
        connect(1);
        rig.turnFor(250);
        assertTrue(acceptor.kept.isEmpty(), "it has stopped");
    }

    @Test
    void whoIsNotWaitedForIsGivenUp() {
        Keeping acceptor = new Keeping(budget);
        acceptor.open();
        connect(4);
        AtomicInteger done = new AtomicInteger();
        acceptor.drain(done::incrementAndGet, 150_000_000);
        rig.turnFor(50);
        assertEquals(0, done.get());
        rig.until("its time", () -> done.get() == 1);
        assertTrue(rig.warnings.getLast().contains("clients in its backlog"), rig.warnings::toString);
        acceptor.endAll();
        rig.turnFor(250);
        assertTrue(acceptor.kept.isEmpty(), "it has stopped");
    }

    /** Whoever waits for the socket has it back. */
    @Test
    void theLoopStopsBeforeThereAreDescriptors() {
        Keeping acceptor = new Keeping(budget);
        acceptor.open();
        connect(4);
        AtomicInteger done = new AtomicInteger();
        acceptor.drain(done::incrementAndGet);
        rig.stop();
        assertEquals(1, done.get());
        acceptor.endAll();
    }

    @Test
    void acceptsLaterIfItCannotBeWatchedNow() {
        Keeping acceptor = new Keeping(budget);
        rig.script.always(Call.EPOLL_CTL, Fault.error(Errno.ENOSPC));
        assertEquals(-Errno.ENOSPC, acceptor.open());
        connect(1);
        rig.turnFor(250);
        assertTrue(acceptor.kept.isEmpty());
        assertTrue(rig.script.faults() <= 3, rig.script::toString);
        rig.script.clear();
        rig.until("the client", () -> acceptor.kept.size() == 1);
        acceptor.endAll();
    }

    /** Whatever it is that cannot be had, the operator hears of it once in a while, and what would help. */
    @Test
    void warnsOnce() {
        Keeping acceptor = new Keeping(budget);
        acceptor.open();
        rig.script.always(Call.ACCEPT, Fault.error(Errno.ENFILE));
        connect(1);
        rig.until("pauses", () -> acceptor.shortages.size() == 3);
        assertEquals(1, rig.warnings.size(), rig.warnings::toString);
        String warning = rig.warnings.getFirst();
        assertTrue(warning.contains("cannot accept on " + socket.address()), warning);
        assertTrue(warning.contains("ENFILE") && !warning.contains("ulimit"), warning);
        rig.script.clear();
        rig.until("the client", () -> acceptor.kept.size() == 1);
        acceptor.endAll();
    }
}
