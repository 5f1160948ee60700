package dev.sluice.proxy.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files as the kernel shows them, in a folder of the test's. */
class CpuQuotaTest {
    @TempDir
    private Path folder;

    private Path process;
    private Path mounted;

    @BeforeEach
    void make() throws IOException {
        process = Files.createDirectory(folder.resolve("self"));
        mounted = Files.createDirectory(folder.resolve("cgroup"));
    }

    private void file(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void cgroups(String cgroup, String root, String type, String options) throws IOException {
        file(process.resolve("cgroup"), cgroup);
        file(
                process.resolve("mountinfo"),
                "22 1 0:20 / /proc rw,relatime - proc proc rw\n29 23 0:26 " + root + " " + mounted
                        + " rw,nosuid shared:4 - " + type + " " + options + "\n");
    }

    private CpuQuota.Reading read() {
        return CpuQuota.of(process).read();
    }

    @Test
    void theLowestQuotaOfTheGroupsAroundCounts() throws IOException {
        cgroups("0::/pods/a\n", "/", "cgroup2", "cgroup2 rw");
        file(mounted.resolve("pods/a/cpu.max"), "300000 100000\n");
        file(mounted.resolve("pods/a/cpu.stat"), "usage_usec 7\nnr_periods 9\nnr_throttled 2\nthrottled_usec 1\n");
        file(mounted.resolve("pods/cpu.max"), "150000 100000\n");
        file(mounted.resolve("pods/cpu.stat"), "usage_usec 11\nnr_periods 9\nnr_throttled 3\n");
        assertEquals(new CpuQuota.Reading(1.5, 5, 11_000), read());
    }

    @Test
    void withoutAQuotaThereIsNone() throws IOException {
        cgroups("0::/a\n", "/", "cgroup2", "cgroup2 rw");
        file(mounted.resolve("a/cpu.max"), "max 100000\n");
        file(mounted.resolve("a/cpu.stat"), "usage_usec 7\nnr_throttled 2\n");
        assertEquals(new CpuQuota.Reading(Double.POSITIVE_INFINITY, 0, -1), read());
        assertFalse(read().isLimited());
    }

    /** A container that shares the host's namespace of groups sees its own group as the mount's root. */
    @Test
    void aContainerSeesItsGroupAsTheRoot() throws IOException {
        cgroups("0::/docker/abc/inner\n", "/docker/abc", "cgroup2", "cgroup2 rw");
        file(mounted.resolve("cpu.max"), "50000 100000\n");
        assertEquals(0.5, read().cores());
        assertTrue(read().isLimited());
    }

    /** One with a namespace of its own may be told of a group outside of it. */
    @Test
    void aPathThatLeadsOutIsTheRoot() throws IOException {
        cgroups("0::/../other\n", "/", "cgroup2", "cgroup2 rw");
        file(mounted.resolve("cpu.max"), "200000 100000\n");
        assertEquals(2, read().cores());
    }

    @Test
    void versionOneHasOtherFiles() throws IOException {
        cgroups("5:memory:/m\n4:cpu,cpuacct:/a\n0::/\n", "/", "cgroup", "cgroup rw,cpu,cpuacct");
        file(mounted.resolve("a/cpu.cfs_quota_us"), "120000\n");
        file(mounted.resolve("a/cpu.cfs_period_us"), "100000\n");
        file(mounted.resolve("a/cpu.stat"), "nr_periods 9\nnr_throttled 4\nthrottled_time 1\n");
        file(mounted.resolve("cpu.cfs_quota_us"), "-1\n");
        file(mounted.resolve("cpu.cfs_period_us"), "100000\n");
        assertEquals(new CpuQuota.Reading(1.2, 4, -1), read());
        file(mounted.resolve("a/cpuacct.usage"), "123\n");
        assertEquals(new CpuQuota.Reading(1.2, 4, 123), read());
    }

    @Test
    void cpusetIsNoController() throws IOException {
        cgroups("4:cpuset:/a\n", "/", "cgroup", "cgroup rw,cpuset");
        file(mounted.resolve("a/cpu.cfs_quota_us"), "1000\n");
        file(mounted.resolve("a/cpu.cfs_period_us"), "100000\n");
        assertFalse(read().isLimited());
    }

    @Test
    void nonsenseIsNoQuota() throws IOException {
        assertFalse(read().isLimited());
        cgroups("x\n1:2\n0::/a\n", "/", "cgroup2", "cgroup2 rw");
        file(mounted.resolve("a/cpu.max"), "?\n");
        file(mounted.resolve("cpu.max"), "0 0\n");
        assertFalse(read().isLimited());
    }

    @Test
    void thisProcessCanBeAsked() {
        assertTrue(CpuQuota.ofProcess().read().cores() > 0);
    }
}
