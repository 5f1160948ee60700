package dev.sluice.cli.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.stats.SessionId;
import dev.sluice.proxy.stats.SessionReport;
import dev.sluice.proxy.stats.SessionSnapshot;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SessionLineTest {
    private static final Address CLIENT = Address.parse("127.0.0.1:50111");
    private static final Address ENDPOINT = Address.parse("[2001:db8::1]:5432");
    private static final String AT = "2026-01-02T03:04:05.078Z";
    private static final String ID = SessionId.text(7);

    /** Of which everything is known. */
    private static SessionSnapshot session(String at, Address client, @Nullable String upstream) {
        return new SessionSnapshot(
                7,
                "pg",
                client,
                upstream,
                ENDPOINT,
                RelayMode.SPLICE,
                Instant.parse(at).toEpochMilli(),
                123,
                Long.MAX_VALUE,
                99,
                2,
                1_000,
                1_350,
                1_400,
                60_000_000,
                86_400_012_599L,
                35,
                3);
    }

    /** Of which nothing is known that may be unknown. */
    private static SessionSnapshot stranger() {
        return new SessionSnapshot(
                7,
                "pg",
                Address.Unix.UNNAMED,
                null,
                null,
                RelayMode.AUTO,
                Instant.parse("1999-12-31T23:59:59.999Z").toEpochMilli(),
                0,
                0,
                0,
                0,
                0,
                -1,
                -1,
                -1,
                99,
                -1,
                -1);
    }

    private static String line(LogFormat format, SessionReport report) {
        SessionLine line = new SessionLine(format);
        return line(line, report);
    }

    private static String line(SessionLine line, SessionReport report) {
        Bytes out = new Bytes();
        line.accept(report, out);
        return new String(out.array(), 0, out.length(), StandardCharsets.UTF_8);
    }

    private static String text(SessionSnapshot session) {
        return line(LogFormat.TEXT, new SessionReport.Interval(session));
    }

    private static String json(SessionSnapshot session) {
        return line(LogFormat.JSON, new SessionReport.Interval(session));
    }

    @Test
    void everythingInText() {
        assertEquals(
                AT + " event=end id=" + ID + " listener=pg client=127.0.0.1:50111 upstream=db"
                        + " endpoint=[2001:db8::1]:5432 relay=splice up=123 down=9223372036854775807 spliced=99 tries=2"
                        + " wait_ms=1.0 connect_ms=1.3 first_up_ms=1.4 first_down_ms=60000.0 duration_ms=86400012.5"
                        + " who=client cause=reset error=ECONNRESET rtt_us=35 retransmits=3\n",
                line(
                        LogFormat.TEXT,
                        new SessionEnd(session(AT, CLIENT, "db"), EndCause.CLIENT_RESET, Errno.ECONNRESET, null)));
    }

    @Test
    void everythingInJson() {
        assertEquals(
                "{\"time\":\"" + AT + "\",\"event\":\"end\",\"id\":\"" + ID + "\",\"listener\":\"pg\","
                        + "\"client\":\"127.0.0.1:50111\",\"upstream\":\"db\",\"endpoint\":\"[2001:db8::1]:5432\","
                        + "\"relay\":\"splice\",\"up\":123,\"down\":9223372036854775807,\"spliced\":99,\"tries\":2,"
                        + "\"wait_ms\":1.0,\"connect_ms\":1.3,\"first_up_ms\":1.4,\"first_down_ms\":60000.0,"
                        + "\"duration_ms\":86400012.5,\"who\":\"client\",\"cause\":\"reset\",\"error\":\"ECONNRESET\","
                        + "\"rtt_us\":35,\"retransmits\":3}\n",
                line(
                        LogFormat.JSON,
                        new SessionEnd(session(AT, CLIENT, "db"), EndCause.CLIENT_RESET, Errno.ECONNRESET, null)));
    }

    @Test
    void nothingInText() {
        assertEquals(
                "1999-12-31T23:59:59.999Z event=start id=" + ID + " listener=pg client=unix: upstream=-"
                        + " endpoint=- relay=auto up=0 down=0 spliced=0 tries=0 wait_ms=0.0 connect_ms=- first_up_ms=-"
                        + " first_down_ms=- duration_ms=0.0 who=- cause=- error=- rtt_us=- retransmits=-\n",
                line(LogFormat.TEXT, new SessionReport.Start(stranger())));
    }

    @Test
    void nothingInJson() {
        assertEquals(
                "{\"time\":\"1999-12-31T23:59:59.999Z\",\"event\":\"start\",\"id\":\"" + ID
                        + "\",\"listener\":\"pg\",\"client\":\"unix:\",\"upstream\":null,\"endpoint\":null,"
                        + "\"relay\":\"auto\",\"up\":0,\"down\":0,\"spliced\":0,\"tries\":0,\"wait_ms\":0.0,"
                        + "\"connect_ms\":null,\"first_up_ms\":null,\"first_down_ms\":null,\"duration_ms\":0.0,"
                        + "\"who\":null,\"cause\":null,\"error\":null,\"rtt_us\":null,\"retransmits\":null}\n",
                line(LogFormat.JSON, new SessionReport.Start(stranger())));
    }

    @ParameterizedTest
    @EnumSource(EndCause.class)
    void whoEndedItAndHow(EndCause cause) {
        String text = line(LogFormat.TEXT, new SessionEnd(stranger(), cause, 0, null));
        assertTrue(text.matches("(?s).* who=(client|upstream|proxy) cause=[a-z-]+ error=- .*"), text);
        assertTrue(text.contains(" who=" + cause.toString().replace(" ", " cause=") + " error=-"), text);
    }

    @Test
    void aLineInTheMiddleHasNoEnd() {
        String text = text(session(AT, CLIENT, "db"));
        assertTrue(text.contains(" event=interval ") && text.contains(" who=- cause=- error=- "), text);
    }

    @Test
    void whatAClientCallsItselfStaysOneValue() {
        Address client = new Address.Unix("/tmp/a \"b\\ cause=x\ny\u0085");
        assertEquals(
                "client=\"unix:/tmp/a \\\"b\\\\ cause=x\\\\x0ay\\\\x85\"",
                text(session(AT, client, "db")).replaceAll(".*(client=.*) upstream=.*\n", "$1"));
        assertEquals(
                "\"client\":\"unix:/tmp/a \\\"b\\\\ cause=x\\\\x0ay\\\\x85\"",
                json(session(AT, client, "db")).replaceAll(".*(\"client\":.*),\"upstream\".*\n", "$1"));
    }

    /** Names are a configuration's, which may have anything in them. */
    @Test
    void whatEndsALineOrTurnsItIsEscaped() {
        String name = "a\u2028b\u202ec\u007f\u00e4";
        assertTrue(text(session(AT, CLIENT, name)).contains(" upstream=\"a\\u2028b\\u202ec\\u007f\u00e4\" "));
        assertTrue(json(session(AT, CLIENT, name)).contains(",\"upstream\":\"a\\u2028b\\u202ec\\u007f\u00e4\","));
    }

    @Test
    void whatLooksLikeNothingIsInQuotes() {
        assertTrue(text(session(AT, CLIENT, "-")).contains(" upstream=\"-\" "));
        assertTrue(text(session(AT, CLIENT, "")).contains(" upstream=\"\" "));
        assertTrue(text(session(AT, CLIENT, "a=b")).contains(" upstream=a=b "));
    }

    @Test
    void daysOfTheCalendar() {
        for (String day : new String[] {"1970-01-01", "2000-02-29", "2027-03-01", "2100-02-28"}) {
            String time = day + "T00:00:00.001Z";
            assertEquals(time, text(session(time, CLIENT, "db")).substring(0, time.length()));
        }
    }

    private static SessionReport some(int i) {
        SessionSnapshot session = new SessionSnapshot(
                ((long) (i % 3) << 48) + i + 1,
                i % 2 == 0 ? "pg" : "other",
                new Address.V4(i, 80),
                i % 5 == 0 ? null : "db" + i % 5,
                new Address.V4(0x0a000000 + i % 3_000, 5432),
                i % 2 == 0 ? RelayMode.SPLICE : RelayMode.COPY,
                Instant.parse(AT).toEpochMilli() + 40_000_000L * (i % 7),
                i,
                i,
                i,
                1,
                i,
                i,
                i,
                i,
                i,
                i,
                0);
        return i % 4 == 0
                ? new SessionReport.Interval(session)
                : new SessionEnd(session, i % 3 == 0 ? EndCause.CLIENT_CLOSED : EndCause.UPSTREAM_RESET, i % 140, null);
    }

    /** What one line leaves behind for the next is nothing that could be seen, nor does it grow with all that comes. */
    @Test
    void aLineIsTheSameWhateverWasBefore() {
        for (LogFormat format : new LogFormat[] {LogFormat.TEXT, LogFormat.JSON}) {
            SessionLine line = new SessionLine(format);
            for (int i = 0; i < 7_000; i++) {
                assertEquals(line(format, some(i)), line(line, some(i)));
            }
        }
    }
}
