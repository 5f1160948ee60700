package dev.sluice.cli.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Set;
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

    @Test
    void wordsStandToTheLeft() {
        Table table = new Table("  ", Set.of(2));
        table.row("name", "n", "state", "t");
        table.row("a", "12", "up", "");
        assertEquals("name   n  state  t\na     12  up\n", table.toString());
    }
}
