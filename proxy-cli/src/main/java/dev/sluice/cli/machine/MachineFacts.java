package dev.sluice.cli.machine;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The machine that figures were measured on. What cannot be told is {@code unknown}.
 *
 * @param kernel release
 * @param cpu model; the architecture where the kernel names no model
 * @param cores that this process may use
 * @param jdk that runs this process
 * @param loopbackMtu bytes
 * @param congestion the congestion control of new sockets
 */
public record MachineFacts(String kernel, String cpu, int cores, String jdk, String loopbackMtu, String congestion) {
    private static final String UNKNOWN = "unknown";
    private static final Path INTERFACES = Path.of("/sys/class/net");

    /** This machine. */
    public static MachineFacts here() {
        return of(Proc.REAL, new Proc(INTERFACES));
    }

    /**
     * A machine as two folders show it.
     *
     * @param proc /proc
     * @param interfaces /sys/class/net
     */
    static MachineFacts of(Proc proc, Proc interfaces) {
        return new MachineFacts(
                known(proc.text("sys/kernel/osrelease")),
                cpu(proc.text("cpuinfo")),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("java.vendor") + " " + System.getProperty("java.runtime.version"),
                known(interfaces.text("lo/mtu")),
                known(proc.text("sys/net/ipv4/tcp_congestion_control")));
    }

    private static String known(@Nullable String text) {
        return text == null ? UNKNOWN : text;
    }

    private static String cpu(@Nullable String info) {
        for (String line : info == null ? new String[0] : info.split("\n", -1)) {
            if (line.startsWith("model name")) {
                return line.substring(line.indexOf(':') + 1).strip();
            }
        }
        return System.getProperty("os.arch", UNKNOWN); // aarch64 has no such line
    }
}
