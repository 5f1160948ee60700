package dev.sluice.cli.bench.export;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class CsvTest {
    @Test
    void cellsAreQuotedWhereTheyMustBe() {
        Csv csv = new Csv().line(List.of("name", "figure")).line(Arrays.asList("a, \"b\"", null, 1.5, "x\ny", "c d"));
        assertEquals("name,figure\n\"a, \"\"b\"\"\",,1.5,\"x\ny\",c d\n", csv.toString());
    }
}
