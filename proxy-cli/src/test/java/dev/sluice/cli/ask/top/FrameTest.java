package dev.sluice.cli.ask.top;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class FrameTest {
    private final Board board = new Board(Samples.at(1, 40));

    private List<Row> screen(int rows) {
        return screen(rows, 200);
    }

    private List<Row> screen(int rows, int columns) {
        List<Row> lines = Frame.screen(board, "127.0.0.1:9901", rows, columns);
        assertEquals(rows, lines.size());
        return lines;
    }

    private String text(int rows) {
        return screen(rows).stream().map(Row::text).collect(Collectors.joining("\n"));
    }

    private Row row(int rows, String part) {
        return screen(rows).stream()
                .filter(row -> row.text().contains(part))
                .findFirst()
                .orElseThrow(() -> new AssertionError(part + " in:\n" + text(rows)));
    }

    private void press(String... keys) {
        for (String key : keys) {
            var _ = board.press(new Key(key));
        }
    }

    @Test
    void overview() {
        String first = text(24);
        assertTrue(first.startsWith("sluice 1.2  running 1s  pid 7  127.0.0.1:9901\n"), first);
        assertTrue(first.contains("\nsessions 40  new -  up -  down -  spliced 50%\n"), first);
        board.sampled(Samples.at(3, 40));
        String text = text(24);
        assertTrue(text.contains("\nsessions 40  new 5.0/s  up 780 KiB/s  down 0 B/s  spliced 50%\n"), text);
        assertTrue(text.contains("[Overview]"), text);
        assertTrue(text.matches("(?s).*\na +127\\.0\\.0\\.1:1 \\(closed\\)  pg +splice +5  780 KiB +0 B\n.*"), text);
        assertTrue(text.indexOf("10.0.0.2:5432 (db2)") < text.indexOf("10.0.0.1:5432 (db1)"), "the sick first");
        assertTrue(text.contains("\n10.1.1.1:39"), "the fastest session");
        assertTrue(text.contains("event 3"), text);
        assertTrue(text.endsWith("? help"), text);
    }

    /** However small it is, it has as many rows as the screen. */
    @Test
    void allSizes() {
        for (String view : List.of("1", "2", "3", "4", "5", "?")) {
            press(view);
            for (int rows = 1; rows < 60; rows++) {
                assertEquals(rows, screen(rows, 1 + rows).size());
            }
        }
    }

    @Test
    void whatIsChosenIsSeen() {
        press("s", "s", "2");
        for (int i = 0; i < 40; i++) {
            Row chosen = screen(24).stream()
                    .filter(row -> row.look() == Row.Look.CHOSEN)
                    .findFirst()
                    .orElseThrow();
            String id = board.sessions().get(i).getString("id");
            assertTrue(chosen.text().startsWith("> ") && chosen.text().endsWith(" " + id), chosen.text());
            press("down");
        }
        assertTrue(text(24).contains("\n  ... 28 to 40 of 40\n"), text(24));
    }

    private String narrow() {
        return screen(24, 80).stream()
                .map(row -> row.text().substring(0, Math.min(79, row.text().length())))
                .collect(Collectors.joining("\n"));
    }

    /** Of what is chosen, nothing is cut. */
    @Test
    void narrowScreens() {
        JsonObject second = board.sample().servers().get(1).health();
        second.put("reason", "the check failed 3 times: connected, and no answer came within a second");
        second.put("check", "no answer to a question that was asked in a great many words");
        assertTrue(narrow().matches("(?s).* down +0 +1m  the check failed .*"), narrow());
        press("3", "down");
        assertTrue(narrow().contains("""

                        pg/10.0.0.2:5432 is down: the check failed 3 times: connected, and no answer
                        came within a second; check: no answer to a question that was asked in a great
                        many words; failures 9,"""), narrow());
        press("2");
        assertTrue(narrow().matches("(?s).*\n> 10\\.1\\.1\\.1:\\d+ +10\\.0\\.0\\.1:5432  relaying .*"), narrow());
        assertTrue(narrow().contains("\nsession s"), narrow());
    }

    @Test
    void eventsScroll() {
        for (int i = 2; i < 100; i++) {
            board.sampled(Samples.at(i, 0));
        }
        press("4");
        assertTrue(narrow().contains("event 99\n  ... 87 to 99 of 99\n"), narrow());
        press("home");
        assertTrue(narrow().contains("\n> ") && narrow().contains("event 1\n"), narrow());
        assertTrue(narrow().contains("\n2026-01-01T00:00:00Z warning event 1\n"), "all of it: " + narrow());
    }

    @Test
    void ends() {
        press("5");
        for (int i = 2; i < 4; i++) {
            Sample sample = Samples.at(i, 0);
            sample.status()
                    .put(
                            "ends",
                            JsonArray.from(
                                    Samples.object(
                                            "{\"listener\":\"a\",\"who\":\"client\",\"cause\":\"fin\",\"count\":3}"),
                                    Samples.object(
                                            "{\"listener\":\"a\",\"who\":\"proxy\",\"cause\":\"down\",\"count\":%d}"
                                                    .formatted(10 * i))));
            board.sampled(sample);
        }
        assertTrue(text(24).matches("(?s).*\na +proxy +down +30 +10/s\na +client +fin +3 +0/s\n.*"), text(24));
    }

    @Test
    void looks() {
        press("3", "down", "down");
        assertEquals(Row.Look.GOOD, row(24, "(db1)").look());
        assertEquals(Row.Look.BAD, row(24, "(db2)").look());
        assertEquals(Row.Look.CHOSEN, row(24, "db3").look());
        assertEquals(Row.Look.WARNING, row(24, "redis (paused)").look());
        assertTrue(row(24, "(db2)").text().matches(" +pg +10\\.0\\.0\\.2:5432 \\(db2\\) +down +0 +9 +- +1m +refused"));
        board.sampled(Samples.at(2, 0));
        press("4");
        assertEquals(Row.Look.WARNING, row(24, "event 1").look());
    }

    @Test
    void aLoopThatIsStuck() {
        Sample sample = Samples.at(2, 3);
        sample.status().put("silent_loops", JsonArray.from());
        board.sampled(sample);
        assertTrue(screen(24).getFirst().text().endsWith("127.0.0.1:9901"), text(24));
        sample.status().put("silent_loops", JsonArray.from("sluice-loop-0"));
        Row first = screen(24).getFirst();
        assertTrue(first.text().endsWith("127.0.0.1:9901  sluice-loop-0 does not answer"), first.text());
        assertEquals(Row.Look.BAD, first.look());
        sample.status().put("silent_loops", JsonArray.from("sluice-loop-0", "sluice-control"));
        assertTrue(text(24).contains("  sluice-loop-0, sluice-control do not answer\n"), text(24));
    }

    /** Or one looks at a proxy without sessions, while a process before it has thousands. */
    @Test
    void predecessorsAreTold() {
        Sample sample = Samples.at(2, 0);
        JsonArray all = JsonArray.from(Samples.object("{\"pid\":41,\"admin\":\"unix:/run/a\\u001b.41\"}"));
        sample.status().put("predecessors", all);
        board.sampled(sample);
        Row row = screen(24).get(2);
        assertEquals("predecessor pid 41 has sessions left: sluice top --admin unix:/run/a\\x1b.41", row.text());
        assertEquals(Row.Look.WARNING, row.look());
        assertTrue(screen(24).get(3).text().contains("[Overview]"), text(24));
        assertEquals(row, Frame.page(board, "a").get(2));
        for (int pid = 42; pid < 60; pid++) {
            all.add(Samples.object("{\"pid\":%d,\"admin\":\"unix:/run/a.%d\"}".formatted(pid, pid)));
        }
        assertEquals("16 more predecessors: sluice status", screen(24).get(5).text());
    }

    @Test
    void howLongIsLeftOfADrain() {
        Sample sample = Samples.at(2, 0);
        JsonObject status = sample.status();
        status.put("state", "leaving");
        status.put("drains_in_ms", 2500);
        status.put("drain_left_ms", null);
        board.sampled(sample);
        assertTrue(text(24).startsWith("sluice 1.2  leaving (drains in 2s) 2s  pid 7"), text(24));
        status.remove("drains_in_ms");
        status.put("state", "draining");
        status.put("drain_left_ms", 25_900);
        assertTrue(text(24).startsWith("sluice 1.2  draining (cuts what is left in 25s) 2s  pid 7"), text(24));
    }

    /** By hand it gets connections that its check would keep from it. */
    @Test
    void anEndpointThatIsUpAgainstItsCheck() {
        JsonObject health = board.sample().servers().getFirst().health();
        press("3", "down", "down");
        assertEquals(Row.Look.GOOD, row(24, "(db1)").look());
        health.put("against_check", true);
        assertEquals(Row.Look.WARNING, row(24, "(db1)").look());
    }

    @Test
    void questionsAndNotes() {
        press("2", "k");
        assertTrue(screen(24).getLast().text().matches("close session s\\d+ of 10\\.1\\.1\\.1:\\d+\\? y/n"));
        press("n");
        board.answered("close session s1: done\u001b[31m");
        assertEquals("close session s1: done\\x1b[31m", screen(24).getLast().text());
        press("up");
        assertTrue(screen(24).getLast().text().startsWith("q quit"));
    }

    @Test
    void aProxyThatIsGone() {
        board.failed("nobody listens at 127.0.0.1:9901");
        Row first = screen(24).getFirst();
        assertTrue(
                first.text().matches("not reachable since \\d\\d:\\d\\d:\\d\\d, trying again: nobody listens at .*"),
                first.text());
        assertEquals(Row.Look.BAD, first.look());
        assertTrue(text(24).contains("10.1.1.1:"), "what was known stays");
        board.sampled(Samples.at(2, 3, 8));
        assertTrue(text(24).startsWith("sluice 1.2  running 2s  pid 8"), text(24));
        assertTrue(text(24).contains("\nsessions 3  new -  up -  down -"), "another process: nothing to compare with");
    }

    /** For who has no screen: all of it, but not every session. */
    @Test
    void page() {
        board.sampled(Samples.at(2, 40));
        List<Row> page = Frame.page(board, "unix:/run/x");
        String text = page.stream().map(Row::text).collect(Collectors.joining("\n"));
        assertTrue(text.contains("unix:/run/x\n"), text);
        assertTrue(text.contains("db3") && text.contains("redis"), text);
        assertTrue(text.contains("... 21 more"), text);
        assertTrue(text.contains("event 1") && text.contains("event 2"), text);
        assertTrue(!text.contains("Overview") && !text.contains("q quit"), text);
    }
}
