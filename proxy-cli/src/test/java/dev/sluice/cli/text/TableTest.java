package dev.sluice.cli.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class TableTest {
    @Test
    void columnsLineUp() {
        Table table = new Table();
        table.row("", "GiB/s", "");
        table.row("splice", "12.25", "yes");
        table.row("a", "1", "no");
        assertEquals("         GiB/s\nsplice   12.25   yes\na            1    no\n", table.toString());
    }
}
