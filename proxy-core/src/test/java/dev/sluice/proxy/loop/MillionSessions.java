package dev.sluice.proxy.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.Kernel;
import dev.sluice.proxy.config.BufferSettings;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.relay.RelayContext;
import dev.sluice.proxy.relay.Session;
import dev.sluice.proxy.relay.SessionPolicy;
import dev.sluice.proxy.stats.ListenerStats;
import dev.sluice.proxy.stats.LoopStats;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.stats.SessionRecord;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * What a million sessions on one loop take of the heap, and what takes how long with so many: real sessions, timers and tables over a
 * {@link NoKernel}. No test; it runs when it is asked for by name ({@code -Dtest=MillionSessions}), for half a minute, in a JVM of its own
 * with the options of the command, and prints what it finds.
 * {@code -Dsluice.sessions=N}: another number; {@code -Dsluice.options='-Xmx4g …'}: other options.
 */
class MillionSessions {
    private static final int SESSIONS = Integer.getInteger("sluice.sessions", 1_000_000);
    /** Further options of that JVM. */
    private static final String OPTIONS = System.getProperty("sluice.options", "-Xmx2g");

    private static final long MILLI = 1_000_000;
    private static final long IDLE_NANOS = TimeUnit.HOURS.toNanos(1);
    private static final int MESSAGES = 2_000_000;
    private static final int PIECE = 64 << 10;
    private static final long LITTER = 4L << 30;
    private static final int WALK = 256;

    @Test
    void simulate() throws IOException, InterruptedException, URISyntaxException {
        List<String> folders = new ArrayList<>();
        for (Class<?> of : List.of(MillionSessions.class, EventLoop.class, Kernel.class)) {
            folders.add(Path.of(of.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString());
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("@../proxy-cli/src/main/dist/jvm.options");
        command.addAll(List.of(OPTIONS.split(" ", -1)));
        command.addAll(List.of(
                "-Dsluice.sessions=" + SESSIONS,
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                String.join(File.pathSeparator, folders),
                MillionSessions.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (BufferedReader lines = process.inputReader()) {
            lines.lines().forEach(System.out::println); // for who asked for it
        }
        assertEquals(0, process.waitFor());
    }

    /** Without the test around it. */
    public static void main(String[] args) {
        new MillionSessions().run();
    }

    private final NoKernel kernel = new NoKernel(4 * SESSIONS + 1000);
    private final AtomicInteger live = new AtomicInteger(SESSIONS);
    private final ProxyObserver nobody = new ProxyObserver() {
        @Override
        public void sessionEnded(SessionEnd end) {}

        @Override
        public void warning(String text) {
            say(text);
        }
    };
    private final EventLoop loop = new EventLoop(kernel, () -> kernel, new LoopStats(), nobody, Spin.NONE);
    private final RelayContext context = new RelayContext(
            kernel, loop, nobody, live, new DescriptorBudget(Long.MAX_VALUE), BufferSettings.DEFAULTS, 1);
    private final SessionPolicy policy = new SessionPolicy(
            "million", RelayMode.AUTO, IDLE_NANOS, 0, 1, 2 * MILLI, 0, false, 0, TcpSettings.DEFAULTS);
    private final SessionRecord.Common common = new SessionRecord.Common("million", "db", RelayMode.AUTO);
    private final ListenerStats.Row row = new ListenerStats("million", 1).row(0);
    private final Address endpoint = new Address.V4(0x0a000001, 5432);
    private final SplittableRandom random = new SplittableRandom(1);
    private int firstFd;

    @SuppressWarnings("AnnotateFormatMethod") // the annotation is Error Prone's, which is no dependency
    private static void say(String text, Object... values) {
        System.out.println(String.format(Locale.ROOT, text, values));
    }

    private void run() {
        say(
                "%,d sessions on one loop, heap of at most %,d MiB",
                SESSIONS, Runtime.getRuntime().maxMemory() >> 20);
        warmUp();
        growTables();
        long before = usedHeap();
        open();
        say("heap              %,d bytes a session", (usedHeap() - before) / SESSIONS);
        grownUp();
        relay();
        walk();
        collect();
        timers();
        loop.stop();
        loop.run();
        context.close();
        loop.close();
        kernel.close();
    }

    /** The same on a small scale, for the compiler. */
    private void warmUp() {
        for (int round = 0; round < 20; round++) {
            TimerWheel wheel = new TimerWheel(0, (timer, fault) -> say("%s", fault));
            SlotTable slots = new SlotTable();
            for (int i = 0; i < 20_000; i++) {
                Handler handler = new Alarm();
                slots.release(slots.acquire(handler));
                wheel.schedule((Alarm) handler, random.nextLong(IDLE_NANOS));
            }
            for (long now = 0; now < 2 * IDLE_NANOS; now += 1000 * MILLI) {
                wheel.advance(now);
            }
        }
    }

    private static final class Alarm extends Timer implements Handler {
        @Override
        protected void onTimer(long now) {}

        @Override
        public void onEvents(int tag, int events) {}
    }

    /** What the one waits for at whose coming they double. */
    private void growTables() {
        SlotTable slots = new SlotTable();
        RunQueue queue = new RunQueue();
        Handler handler = new Alarm();
        Stopwatch acquiring = new Stopwatch();
        for (int i = 0; i < SESSIONS; i++) {
            acquiring.start();
            slots.acquire(handler);
            queue.reserve(slots.limit());
            acquiring.stop();
        }
        say("a slot            %s", acquiring);
    }

    private void open() {
        Stopwatch starting = new Stopwatch();
        firstFd = kernel.open() + 1;
        for (int i = 0; i < SESSIONS; i++) {
            starting.start();
            int slot = loop.attach(new Alarm());
            int client = kernel.open();
            int upstream = kernel.open();
            loop.watch(slot, Session.CLIENT, client, Session.EVENTS);
            loop.watch(slot, Session.UPSTREAM, upstream, Session.EVENTS);
            Address from = new Address.V4(0x0b000000 + i / 50_000, i % 50_000);
            Session.start(
                    context,
                    policy,
                    new Session.Connected(
                            slot,
                            client,
                            Epoll.OUT,
                            upstream,
                            Epoll.OUT,
                            endpoint,
                            new SessionRecord(i, from, common, loop.now()),
                            row,
                            Session.NOTHING_AT_END));
            starting.stop();
            if (i % WALK == 0) {
                loop.turn();
            }
        }
        say("a session's start %s", starting);
    }

    /** In its first second each has a timer for what young sessions are spared. */
    private void grownUp() {
        Stopwatch turning = new Stopwatch();
        long end = System.nanoTime() + 1500 * MILLI;
        while (System.nanoTime() - end < 0) {
            turning.start();
            loop.turn();
            turning.stop();
        }
        say("turns meanwhile   %s", turning);
    }

    /** Without the kernel's part. More sessions than the caches hold cost more. */
    private void relay() {
        for (int busy : new int[] {1024, 8, 128, 1024, 4096, 9000, 65_536, SESSIONS}) {
            if (busy > SESSIONS) {
                continue;
            }
            int[] sessions = random.ints(busy, 0, SESSIONS).toArray();
            long began = System.nanoTime();
            for (int i = 0; i < MESSAGES; ) {
                for (int k = 0; k < NoKernel.EVENTS && k < busy; k++, i++) {
                    kernel.receive(firstFd + 2 * sessions[i % busy] + (k & 1));
                }
                loop.turn();
            }
            say("%,9d busy    %,d ns a message", busy, (System.nanoTime() - began) / MESSAGES);
        }
    }

    /** As for a list of sessions. */
    private void walk() {
        for (int round = 0; round < 3; round++) {
            Stopwatch walking = new Stopwatch();
            long[] found = new long[1];
            for (int next = 0; next >= 0; ) {
                walking.start();
                next = loop.each(next, WALK, handler -> {
                    if (handler instanceof Session session) {
                        found[0] += session.moved() + session.record().id();
                    }
                });
                walking.stop();
            }
            if (round == 2) {
                say("%d slots visited  %s, all in %,d ms", WALK, walking, walking.total() / MILLI);
            }
        }
    }

    /** How long the loop stands still for the collector: while sessions grow old, then with old ones only, and for all of the heap. */
    private void collect() {
        say("young collection  %,d us at most, later %,d", litter() / 1000, litter() / 1000);
        Stopwatch all = new Stopwatch();
        for (int i = 0; i < 3; i++) {
            all.start();
            System.gc();
            all.stop();
        }
        say("full collection   %s", all);
    }

    /** The longest pause of many. */
    private static long litter() {
        Stopwatch allocating = new Stopwatch();
        long bytes = 0;
        while (bytes < LITTER) {
            allocating.start();
            byte[] garbage = new byte[PIECE];
            allocating.stop();
            bytes += garbage.length;
        }
        return allocating.longest();
    }

    /** A wheel of its own has all sessions, and a clock that this moves. */
    private void timers() {
        List<Session> sessions = new ArrayList<>(SESSIONS);
        for (int next = 0; next >= 0; ) {
            next = loop.each(next, WALK, handler -> {
                if (handler instanceof Session session) {
                    sessions.add(session);
                }
            });
        }
        sessions.forEach(loop::cancel);
        long start = System.nanoTime();
        TimerWheel wheel = new TimerWheel(start, loop::failed);
        long due = start + 10 * IDLE_NANOS;
        Stopwatch scheduling = new Stopwatch();
        for (Session session : sessions) {
            scheduling.start();
            wheel.schedule(session, due + random.nextLong(1000 * MILLI));
            scheduling.stop();
        }
        say("a deadline        %s", scheduling);
        long now = pass("come closer", wheel, start, due);
        pass("fire", wheel, now, due + 5000 * MILLI);
        say("left              %,d", live.get());
    }

    /** As a loop does it: it sleeps as long as it may, and when it must not, time goes on all the same. */
    private static long pass(String what, TimerWheel wheel, long from, long until) {
        Stopwatch advancing = new Stopwatch();
        long now = from;
        while (now - until < 0 && wheel.timeoutMillis(now) >= 0) {
            now += Math.max(1, wheel.timeoutMillis(now) * MILLI);
            if (now - until >= 0) {
                break;
            }
            advancing.start();
            wheel.advance(now);
            now += advancing.stop();
        }
        say("deadlines %-8s %s, all in %,d ms", what, advancing, advancing.total() / MILLI);
        return now;
    }

    private static long usedHeap() {
        Runtime runtime = Runtime.getRuntime();
        System.gc();
        System.gc();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    /** Mean and longest of many times. */
    private static final class Stopwatch {
        private long began;
        private long count;
        private long total;
        private long longest;

        void start() {
            began = System.nanoTime();
        }

        long stop() {
            long took = System.nanoTime() - began;
            count++;
            total += took;
            longest = Math.max(longest, took);
            return took;
        }

        long total() {
            return total;
        }

        long longest() {
            return longest;
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%,d ns, the longest %,d us", total / Math.max(1, count), longest / 1000);
        }
    }
}
