package dev.sluice.proxy.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MembersChangeTest {
    private static final Address FIRST = new Address.V4(0x0a000001, 5432);

    @Test
    void inWords() {
        assertEquals(
                "upstream pg has no endpoint now; gone: 10.0.0.1:5432",
                new MembersChange("pg", List.of(), List.of(FIRST), 0).toString());
        assertEquals(
                "upstream pg has 1 endpoint now; new: 10.0.0.1:5432",
                new MembersChange("pg", List.of(FIRST), List.of(), 1).toString());
    }

    @Test
    void aLineHasAnEnd() {
        List<Address> many = IntStream.range(1, 4000)
                .<Address>mapToObj(port -> new Address.V4(0x0a000001, port))
                .toList();
        String line = new MembersChange("pg", many, List.of(), 4000).toString();
        assertTrue(line.startsWith("upstream pg has 4000 endpoints now; new: 10.0.0.1:1, 10.0.0.1:2, "), line);
        assertTrue(line.endsWith(" and 3979 more"), line);
    }
}
