package dev.sluice.cli.bench.techniques;

import dev.sluice.cli.bench.techniques.send.Pattern;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.machine.Proc;
import dev.sluice.cli.text.Units;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What was measured with, and on what.
 *
 * @param pattern null for the table of techniques
 * @param fileSystem its type, such as ext4
 */
record Setting(@Nullable Pattern pattern, long size, int chunk, int rounds, Path folder, String fileSystem, Cpus cpus) {

    /** What is measured, and what on; two lines. */
    String describe(int done) {
        String what = pattern == null ? "techniques" : "techniques --pattern " + pattern;
        String many = done == rounds
                ? rounds + (rounds == 1 ? " round" : " rounds")
                : done + " of " + rounds + " rounds (interrupted)";
        return String.format(
                Locale.ROOT,
                "sluice bench %s: %s in %s (%s), chunks of %s, %s in rotation, each technique checked by SHA-256 before%n"
                        + "%s, %s, loopback MTU %s, %s; %s%n",
                what,
                Units.formatSize(size),
                folder,
                fileSystem,
                Units.formatSize(chunk),
                many,
                new Version().getVersion()[0],
                cpuModel(),
                mtu(),
                congestionControl(),
                cpus.pinned()
                        ? "sender on CPU " + cpus.sender() + ", receiver on CPU " + cpus.others()
                        : "one CPU only: nothing is pinned");
    }

    static String cpuModel() {
        String info = Proc.REAL.text("cpuinfo");
        return (info == null ? "" : info)
                .lines()
                .filter(line -> line.startsWith("model name"))
                .findFirst()
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .orElse("CPU unknown");
    }

    static String mtu() {
        String mtu = new Proc(Path.of("/sys/class/net")).text("lo/mtu");
        return mtu == null ? "unknown" : mtu;
    }

    static String congestionControl() {
        String name = Proc.REAL.text("sys/net/ipv4/tcp_congestion_control");
        return name == null ? "congestion control unknown" : name;
    }
}
