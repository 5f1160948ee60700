package dev.sluice.cli.ask.top;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class BoardTest {
    private final Board board = new Board(Samples.at(1, 4));

    private Board.Wish press(String... keys) {
        Board.Wish wish = new Board.Wish.None();
        for (String key : keys) {
            wish = board.press(new Key(key));
        }
        return wish;
    }

    private List<String> ids() {
        return board.sessions().stream().map(session -> session.getString("id")).toList();
    }

    @Test
    void views() {
        press("tab", "tab");
        assertEquals(Board.View.ENDPOINTS, board.view());
        press("left", "back tab", "left");
        assertEquals(Board.View.ENDS, board.view());
        press("right");
        assertEquals(Board.View.OVERVIEW, board.view());
        press("2");
        assertEquals(Board.View.SESSIONS, board.view());
        assertInstanceOf(Board.Wish.Quit.class, press("q"));
    }

    @Test
    void ordersOfSessions() {
        board.sampled(Samples.at(2, 4));
        assertEquals(List.of("s3", "s2", "s1", "s0"), ids());
        assertInstanceOf(Board.Wish.Refresh.class, press("s"));
        assertEquals("bytes", board.sort().parameter());
        assertEquals(List.of("s0", "s1", "s2", "s3"), ids());
        press("s");
        assertEquals("age", board.sort().parameter());
        assertEquals(List.of("s2", "s1", "s3", "s0"), ids());
        press("s");
        assertEquals(Board.Sort.RATE, board.sort());
    }

    /** It asks first, and only y is a yes. */
    @Test
    void closesASession() {
        board.sampled(Samples.at(2, 4));
        press("2", "down", "k");
        Board.Order order = Objects.requireNonNull(board.asked());
        assertEquals("close session s2 of 10.1.1.1:2", order.words());
        assertEquals("/api/v1/sessions/s2/close", order.path());
        assertInstanceOf(Board.Wish.None.class, press("n"));
        assertNull(board.asked());
        press("k");
        assertInstanceOf(Board.Wish.None.class, press("q"), "no answer is no");
        press("k");
        assertEquals(new Board.Wish.Give(order), press("y"));
        assertNull(board.asked());
        press("1", "k");
        assertNull(board.asked());
        assertTrue(board.note().startsWith("choose a session first"), board.note());
        press("x");
        assertTrue(board.note().startsWith("no such key"), board.note());
    }

    @Test
    void setsAnEndpoint() {
        press("3", "down", "u");
        assertEquals(
                new Board.Order(
                        "set endpoint pg/10.0.0.2:5432 to up", "/api/v1/upstreams/pg/endpoints/10.0.0.2%3A5432/up"),
                board.asked());
        press("n", "d");
        assertEquals("set endpoint pg/10.0.0.2:5432 to down", asked().words());
        press("n", "D");
        assertEquals("set endpoint pg/10.0.0.2:5432 to drain", asked().words());
        press("n", "a");
        assertEquals("set endpoint pg/10.0.0.2:5432 to auto", asked().words());
        press("n", "down", "d");
        assertNull(board.asked());
        assertTrue(board.note().contains("pg/db3 has no address"), board.note());
    }

    private Board.Order asked() {
        return Objects.requireNonNull(board.asked());
    }

    /** What is chosen stays chosen while others come and go; when it goes, its neighbour is. */
    @Test
    void whatIsChosenStays() {
        press("s", "s", "2");
        assertEquals(List.of("s2", "s1", "s3", "s0"), ids());
        press("down", "down");
        assertEquals(2, board.chosen());
        board.sampled(Samples.at(2, 9));
        assertEquals("s3", ids().get(board.chosen()));
        press("page down");
        assertEquals(8, board.chosen());
        board.sampled(Samples.at(3, 2));
        assertEquals(1, board.chosen());
        board.sampled(Samples.at(4, 0));
        assertEquals(-1, board.chosen());
        press("up", "k");
        assertEquals("there is no session", board.note());
    }

    @Test
    void helpTakesOneKey() {
        press("?");
        assertTrue(board.isHelp());
        assertInstanceOf(Board.Wish.None.class, press("q"));
        assertTrue(!board.isHelp());
    }

    @Test
    void aProxyThatIsGone() {
        board.failed("nobody listens");
        board.failed("still nobody");
        assertEquals("still nobody", board.failure());
        board.sampled(Samples.at(2, 1));
        assertNull(board.failure());
    }

    /** The newest one as long as no other is chosen; that one stays while others come. */
    @Test
    void eventsScroll() {
        for (int i = 2; i <= 40; i++) {
            board.sampled(Samples.at(i, 0));
        }
        press("4");
        assertEquals(39, board.chosen());
        board.sampled(Samples.at(41, 0));
        assertEquals(40, board.chosen());
        press("page up", "page up", "up");
        assertEquals(19, board.chosen());
        board.sampled(Samples.at(42, 0));
        assertEquals(19, board.chosen());
        press("home");
        assertEquals(0, board.chosen());
        press("end");
        board.sampled(Samples.at(43, 0));
        assertEquals(42, board.chosen());
    }

    /** There is an end to what is remembered. */
    @Test
    void events() {
        for (int i = 2; i < 1000; i++) {
            board.sampled(Samples.at(i, 0));
        }
        assertEquals(500, board.events().size());
        assertEquals(999, board.events().getLast().getInt("id"));
    }
}
