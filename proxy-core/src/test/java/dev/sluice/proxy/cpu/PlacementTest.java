package dev.sluice.proxy.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.config.CpuList;
import dev.sluice.proxy.config.Pin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlacementTest {
    @TempDir
    private Path folder;

    private static List<Integer> cpus(String list) {
        return list.isEmpty() ? List.of() : CpuList.parse(list);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0-1  | 2 | 0-1 | one loop on each of the CPUs 0-1
            4,6  | 2 | 4,6 | one loop on each of the CPUs 4,6
            0    | 1 | 0   | one loop on CPU 0
            0-63 | 2 | ''  | there is not one loop for each CPU, but 2 for 64 CPUs
            0-1  | 4 | ''  | there is not one loop for each CPU, but 4 for 2 CPUs
            5    | 2 | ''  | there is not one loop for each CPU, but 2 for 1 CPU
            ''   | 2 | ''  | it is not known which CPUs this process may use
            """)
    void autoIsOneForEachOrNone(String allowed, int loops, String placed, String reason) {
        assertEquals(new Placement(cpus(placed), reason), Placement.of(Pin.AUTO, cpus(allowed), loops));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            3,1   | 0-3 | 2 | 3,1 | CPUs 3,1
            0-7   | 0-7 | 2 | 0-1 | CPUs 0-1
            900   | ''  | 1 | 900 | CPU 900
            """)
    void aListIsGoneBy(String list, String allowed, int loops, String placed, String reason) {
        Placement placement = Placement.of(Pin.to(cpus(list)), cpus(allowed), loops);
        assertEquals(new Placement(cpus(placed), reason), placement);
        for (int loop = 0; loop < loops; loop++) {
            assertEquals(cpus(placed).get(loop), placement.cpu(loop));
        }
    }

    @Test
    void whatMayNotBeUsed() {
        assertEquals(
                "this process may not use CPU 5, only 0-3 (taskset(1), cpuset(7))",
                assertThrows(IllegalArgumentException.class, () -> Placement.of(Pin.to(List.of(0, 5)), cpus("0-3"), 2))
                        .getMessage());
        assertEquals(
                List.of(0), Placement.of(Pin.to(List.of(0, 5)), cpus("0-3"), 1).cpus(), "nobody needs it");
    }

    /** All that a machine may ever have, of which it has a few: as where CPUs can be added while it runs. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0-127  | 0-3   | 0-3
            1-2    | 0-3   | 1-2
            0-3    | 0,2-7 | 0,2-3
            0-3    | ''    | 0-3
            0-3    | 0-4095 | 0-3
            0-4095 | 0-3   | ''
            ''     | 0-3   | ''
            """)
    void whoIsOfflineCannotBeUsed(String allowed, String online, String usable) throws IOException {
        Path status = Files.writeString(
                folder.resolve("status"), "Name:\tjava\nCpus_allowed_list:\t" + allowed + "\nMems_allowed_list:\t0\n");
        Path there = Files.writeString(folder.resolve("online"), online.isEmpty() ? "" : online + "\n");
        assertEquals(cpus(usable), Placement.allowed(status, there));
    }

    @Test
    void withoutTheFiles() throws IOException {
        Path none = folder.resolve("none");
        assertEquals(
                cpus("0-3"),
                Placement.allowed(Files.writeString(folder.resolve("status"), "Cpus_allowed_list:\t0-3\n"), none));
        assertEquals(List.of(), Placement.allowed(none, none));
    }

    @Test
    void off() {
        assertEquals(Placement.ANY, Placement.of(Pin.OFF, cpus("0-3"), 4).cpu(3));
    }

    @Test
    void thisProcessMayUseSome() {
        List<Integer> allowed = Placement.allowed();
        assertTrue(allowed.size() >= Runtime.getRuntime().availableProcessors(), allowed::toString);
    }
}
