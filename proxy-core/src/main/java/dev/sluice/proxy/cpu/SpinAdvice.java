package dev.sluice.proxy.cpu;

import java.util.Locale;

/**
 * Whether loops may spin on this machine at all, when they find out by themselves whether that pays.
 *
 * @param atOnce how many of them at the same time; 0 = none
 * @param reason in words
 */
public record SpinAdvice(int atOnce, String reason) {
    /** Of this process. */
    public static SpinAdvice here(int loops) {
        return of(
                Runtime.getRuntime().availableProcessors(), CpuQuota.ofProcess().read(), loops);
    }

    /**
     * @param cpus that this process may use, by its affinity and its quota
     * @param loops of this process
     */
    static SpinAdvice of(int cpus, CpuQuota.Reading quota, int loops) {
        if (quota.cores() < 1) {
            return new SpinAdvice(
                    0, "the CPU quota of " + cores(quota) + " cores is below one, and spinning uses it up");
        }
        if (cpus < 2) {
            return new SpinAdvice(0, "there is one CPU to use, and whoever a loop waits for may need it");
        }
        int atOnce = Math.min(loops, cpus - 1);
        String most =
                atOnce + " of " + loops + (loops == 1 ? " loop" : " loops") + " at the same time, of " + cpus + " CPUs";
        return new SpinAdvice(
                atOnce,
                quota.isLimited()
                        ? most + ", while the CPU quota of " + cores(quota) + " cores is not nearly used"
                        : most);
    }

    private static String cores(CpuQuota.Reading quota) {
        return String.format(Locale.ROOT, "%.2f", quota.cores()).replaceFirst("\\.?0+$", "");
    }
}
