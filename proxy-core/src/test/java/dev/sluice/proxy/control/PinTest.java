package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.proxy.ProxyStartException;
import dev.sluice.proxy.config.CpuList;
import dev.sluice.proxy.config.Pin;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.cpu.Placement;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where loops run, as the kernel tells it, and which of them gets a connection. */
class PinTest extends RealSockets {
    @TempDir
    Path folder;

    /** As many as a proxy may have. */
    private static final int MOST_LOOPS = 256;

    private final List<Integer> allowed = Placement.allowed();

    private static String allowed(Path task) throws IOException {
        return Files.readAllLines(task.resolve("status")).stream()
                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                .map(line -> line.replaceFirst(".*:\\s*", ""))
                .findFirst()
                .orElseThrow();
    }

    /** The CPUs of threads, by their names. Of those with one name, the last: others may not have quite gone yet. */
    private static Map<String, String> threads(Set<String> names) {
        Map<String, String> threads = new TreeMap<>();
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            for (Path task : tasks.toList()) {
                String name;
                String cpus;
                try {
                    name = Files.readString(task.resolve("comm")).strip();
                    cpus = allowed(task);
                } catch (IOException e) {
                    continue; // it has ended
                }
                if (names.contains(name)) {
                    threads.put(name, cpus);
                }
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return threads;
    }

    /** A thread that was joined is in /proc for some time yet. */
    private static void awaitThreads(Map<String, String> expected) {
        ProxyRig.await("threads " + expected, () -> threads(expected.keySet()).equals(expected));
    }

    /** A loop on each of them, in order. */
    private static Map<String, String> loopsOn(List<Integer> cpus) {
        Map<String, String> loops = new TreeMap<>();
        for (int i = 0; i < cpus.size(); i++) {
            loops.put("sluice-loop-" + i, cpus.get(i).toString());
        }
        return loops;
    }

    private ProxyRig start(Script script, Address bind, Pin pin, int loops) throws ProxyStartException {
        Layout layout = Layout.of(1)
                .pin(loops, pin)
                .upstream("origin", net.nameOf(origin))
                .listener("test", bind, "origin");
        return ProxyRig.plan(RelayMode.SPLICE).layout(layout).tryStart(net, script);
    }

    private int origin;

    @BeforeEach
    void listen() {
        origin = net.listen(Net.LOOPBACK, 64);
    }

    @Test
    void eachLoopRunsOnItsCpuAndNobodyElseDoes() throws Exception {
        List<Integer> cpus = allowed.reversed().stream().limit(MOST_LOOPS).toList();
        Map<String, String> expected = loopsOn(cpus);
        expected.put("sluice-control", allowed(Path.of("/proc/self")));
        try (ProxyRig rig = start(new Script(), Net.LOOPBACK, Pin.to(cpus), cpus.size())) {
            awaitThreads(expected);
            rig.finish(rig.open("test", origin), 1000, 1000);
            rig.awaitEnd();
        }
    }

    @Test
    void autoNeedsALoopForEachCpu() throws Exception {
        assumeTrue(allowed.size() < MOST_LOOPS, "more CPUs than there may be loops");
        try (ProxyRig rig = start(new Script(), Net.LOOPBACK, Pin.AUTO, allowed.size())) {
            awaitThreads(loopsOn(allowed));
            rig.finish(rig.open("test", origin), 1000, 1000);
            rig.awaitEnd();
        }
        try (ProxyRig rig = start(new Script(), Net.LOOPBACK, Pin.AUTO, allowed.size() + 1)) {
            awaitThreads(Map.of("sluice-loop-0", allowed(Path.of("/proc/self"))));
            rig.finish(rig.open("test", origin), 1000, 1000);
            rig.awaitEnd();
        }
    }

    @Test
    void aCpuThatMayNotBeUsed() {
        int other = allowed.getLast() + 1;
        assumeTrue(other <= CpuList.MAX, "more CPUs than can be named");
        ProxyStartException refused = assertThrows(
                ProxyStartException.class, () -> start(new Script(), Net.LOOPBACK, Pin.to(List.of(other)), 1));
        assertEquals(
                "cannot pin loops: this process may not use CPU " + other + ", only " + CpuList.format(allowed)
                        + " (taskset(1), cpuset(7))",
                refused.getMessage());
    }

    /** From a thread that runs on one CPU only, over loopback: that is where all of the handshake happens. */
    private Socket connect(ProxyRig rig, int cpu) {
        return CompletableFuture.supplyAsync(
                        () -> {
                            try (LinuxKernel kernel = LinuxKernel.open()) {
                                assertEquals(0, kernel.setAffinity(cpu));
                                Socket socket = new Socket(
                                        InetAddress.getLoopbackAddress(), ((Address.V4) rig.address("test")).port());
                                socket.setSoLinger(true, 0); // the origin takes nobody, and would not answer an end
                                return socket;
                            } catch (IOException e) {
                                throw new AssertionError(e);
                            }
                        },
                        task -> new Thread(task).start())
                .orTimeout(Net.PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
                .join();
    }

    @Test
    void aConnectionGoesWhereItsPacketsArriveUnlessThatHasClearlyMore() throws Exception {
        assumeTrue(allowed.size() > 1, "one CPU");
        List<Integer> cpus = allowed.subList(0, 2);
        BlockingQueue<String> loops = new LinkedBlockingQueue<>();
        Script script = new Script();
        script.witness((call, fd, result) -> {
            if (call == Call.CONNECT) {
                loops.add(Thread.currentThread().getName());
            }
        });
        try (ProxyRig rig = start(script, Net.LOOPBACK, Pin.to(cpus), 2)) {
            for (int i = 0; i < 10; i++) {
                int first = i % 2;
                try (Socket one = connect(rig, cpus.get(first))) {
                    assertEquals("sluice-loop-" + first, next(loops), one::toString);
                    try (Socket two = connect(rig, cpus.get(first))) {
                        assertEquals("sluice-loop-" + first, next(loops), two::toString);
                        try (Socket three = connect(rig, cpus.get(first))) {
                            assertEquals("sluice-loop-" + (1 - first), next(loops), three::toString);
                        }
                    }
                }
                rig.awaitEnd();
                rig.awaitEnd();
                rig.awaitEnd();
            }
        }
    }

    /** Unix sockets have no packets. */
    @Test
    void aConnectionThatArrivesNowhereIsTakenByWhoAccepts() throws Exception {
        List<Integer> cpus = allowed.stream().limit(2).toList();
        try (ProxyRig rig =
                start(new Script(), new Address.Unix(folder.resolve("s").toString()), Pin.to(cpus), cpus.size())) {
            for (int i = 0; i < 4; i++) {
                rig.finish(rig.open("test", origin), 1000, 1000);
                rig.awaitEnd();
            }
            assertTrue(rig.warnings.isEmpty(), rig.warnings::toString);
        }
    }

    private static String next(BlockingQueue<String> loops) throws InterruptedException {
        String name = loops.poll(Net.PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        return name == null ? "nobody" : name;
    }
}
