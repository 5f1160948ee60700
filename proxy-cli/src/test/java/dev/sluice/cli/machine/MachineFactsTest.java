package dev.sluice.cli.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineFactsTest {
    @TempDir
    private Path proc;

    @TempDir
    private Path interfaces;

    private MachineFacts facts() {
        return MachineFacts.of(new Proc(proc), new Proc(interfaces));
    }

    private static void put(Path folder, String file, String text) throws IOException {
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    @Test
    void whatTheKernelTells() throws IOException {
        put(proc, "sys/kernel/osrelease", "6.18.0\n");
        put(proc, "cpuinfo", "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nmodel name\t: Another\n");
        put(proc, "sys/net/ipv4/tcp_congestion_control", "cubic\n");
        put(interfaces, "lo/mtu", "65536\n");
        MachineFacts facts = facts();
        assertEquals("6.18.0", facts.kernel());
        assertEquals("Some CPU @ 2 GHz", facts.cpu());
        assertEquals("cubic", facts.congestion());
        assertEquals("65536", facts.loopbackMtu());
    }

    @Test
    void whatItDoesNotTell() {
        assertEquals("unknown", facts().kernel());
        assertEquals("unknown", facts().congestion());
        assertEquals(System.getProperty("os.arch"), facts().cpu());
    }
}
