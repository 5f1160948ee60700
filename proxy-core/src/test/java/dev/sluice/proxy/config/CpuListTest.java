package dev.sluice.proxy.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CpuListTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0         | 0       | 0
            1023      | 1023    | 1023
            0,2-3     | 0 2 3   | 0,2-3
            2-3,0     | 2 3 0   | 2-3,0
            3,2,1     | 3 2 1   | 3,2,1
            0,1,2,8-8 | 0 1 2 8 | 0-2,8
            """)
    void asTasksetWritesThem(String text, String cpus, String written) {
        List<Integer> read = CpuList.parse(text);
        assertEquals(Arrays.stream(cpus.split(" ")).map(Integer::valueOf).toList(), read);
        assertEquals(written, CpuList.format(read));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''           | '' is no list of CPUs such as 0,2-3
            0,           | '0,' is no list of CPUs such as 0,2-3
            '0, 1'       | '0, 1' is no list of CPUs such as 0,2-3
            -1           | '-1' is no list of CPUs such as 0,2-3
            1-           | '1-' is no list of CPUs such as 0,2-3
            all          | 'all' is no list of CPUs such as 0,2-3
            99999        | '99999' is no list of CPUs such as 0,2-3
            0-1024       | '0-1024' has CPUs that cannot be: 0-1024; 0 to 1023, the lower one first
            1,3-2        | '1,3-2' has CPUs that cannot be: 3-2; 0 to 1023, the lower one first
            """)
    void whatIsNone(String text, String message) {
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, () -> CpuList.parse(text))
                        .getMessage());
    }
}
