package dev.sluice.cli.bench.techniques;

import dev.sluice.cli.bench.lab.Pinning;
import dev.sluice.cli.bench.techniques.send.Pattern;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.machine.MachineFacts;
import dev.sluice.cli.text.Units;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What was measured with, and on what.
 *
 * @param pattern null for the table of techniques
 * @param fileSystem its type, such as ext4
 * @param pinning the sending thread is its subject; what receives and feeds is its client
 */
record Setting(
        @Nullable Pattern pattern,
        long size,
        int chunk,
        int rounds,
        Path folder,
        String fileSystem,
        MachineFacts machine,
        Pinning pinning) {

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
                machine.cpu(),
                machine.loopbackMtu(),
                machine.congestion(),
                pinning.isOn()
                        ? "sender on CPU " + pinning.subject() + ", receiver on CPU " + pinning.client()
                        : "one CPU only: nothing is pinned");
    }
}
