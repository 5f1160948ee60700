package dev.sluice.proxy.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpinAdviceTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            1  | Infinity | 1 | 0 | there is one CPU to use, and whoever a loop waits for may need it
            2  | Infinity | 1 | 1 | 1 of 1 loop at the same time, of 2 CPUs
            2  | Infinity | 2 | 1 | 1 of 2 loops at the same time, of 2 CPUs
            8  | Infinity | 8 | 7 | 7 of 8 loops at the same time, of 8 CPUs
            8  | Infinity | 2 | 2 | 2 of 2 loops at the same time, of 8 CPUs
            1  | 0.5      | 1 | 0 | the CPU quota of 0.5 cores is below one, and spinning uses it up
            4  | 0.25     | 4 | 0 | the CPU quota of 0.25 cores is below one, and spinning uses it up
            1  | 1        | 1 | 0 | there is one CPU to use, and whoever a loop waits for may need it
            2  | 1.5      | 2 | 1 | 1 of 2 loops at the same time, of 2 CPUs, while the CPU quota of 1.5 cores is not nearly used
            10 | 10       | 3 | 3 | 3 of 3 loops at the same time, of 10 CPUs, while the CPU quota of 10 cores is not nearly used
            """)
    void saysHowManyMaySpinAndWhy(int cpus, double quota, int loops, int atOnce, String reason) {
        assertEquals(new SpinAdvice(atOnce, reason), SpinAdvice.of(cpus, new CpuQuota.Reading(quota, 0, -1), loops));
    }
}
