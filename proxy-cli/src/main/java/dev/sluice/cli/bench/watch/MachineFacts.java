package dev.sluice.cli.bench.watch;

import dev.sluice.cli.machine.Proc;

/**
 * The machine that figures were measured on.
 *
 * @param kernel release
 * @param cpu model
 * @param cores that this process may use
 * @param jdk that runs this process, and so the proxies
 */
public record MachineFacts(String kernel, String cpu, int cores, String jdk) {

    /** This machine. */
    public static MachineFacts of(Proc proc) {
        String kernel = proc.text("sys/kernel/osrelease");
        return new MachineFacts(
                kernel == null ? "unknown" : kernel,
                cpu(proc.text("cpuinfo")),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("java.vendor") + " " + System.getProperty("java.runtime.version"));
    }

    private static String cpu(@org.jspecify.annotations.Nullable String info) {
        for (String line : info == null ? new String[0] : info.split("\n", -1)) {
            if (line.startsWith("model name")) {
                return line.substring(line.indexOf(':') + 1).strip();
            }
        }
        return System.getProperty("os.arch", "unknown"); // aarch64 has no such line
    }
}
