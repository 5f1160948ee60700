package dev.sluice.cli.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.stats.SessionSnapshot;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SessionLineTest {
    private static final Address CLIENT = Address.parse("127.0.0.1:50111");
    private static final Address UPSTREAM = Address.parse("[2001:db8::1]:5432");

    private static SessionEnd end(
            String at, Address client, @Nullable Address upstream, long connectMicros, EndCause cause, int errno) {
        SessionSnapshot session = new SessionSnapshot(
                1,
                "pg",
                client,
                "db",
                upstream,
                RelayMode.SPLICE,
                Instant.parse(at).toEpochMilli(),
                123,
                Long.MAX_VALUE,
                99,
                1,
                0,
                connectMicros,
                -1,
                -1,
                12_599,
                -1,
                -1);
        return new SessionEnd(session, cause, errno);
    }

    private static String line(LogFormat format, SessionEnd end) {
        SessionLine line = new SessionLine(format);
        line.name("pg", Address.parse("127.0.0.1:6432"));
        StringBuilder out = new StringBuilder();
        line.accept(end, out);
        return out.toString();
    }

    @Test
    void text() {
        assertEquals(
                "2026-01-02T03:04:05.078Z listener=127.0.0.1:6432 client=127.0.0.1:50111 upstream=[2001:db8::1]:5432"
                        + " relay=splice up=123 down=9223372036854775807 connect_ms=0.3 duration_ms=12.5"
                        + " cause=client-closed\n",
                line(
                        LogFormat.TEXT,
                        end("2026-01-02T03:04:05.078Z", CLIENT, UPSTREAM, 300, EndCause.CLIENT_CLOSED, 0)));
    }

    @Test
    void autoTellsHowMuchWasSpliced() {
        SessionSnapshot session = new SessionSnapshot(
                1, "pg", CLIENT, "db", UPSTREAM, RelayMode.AUTO, 0, 1, 98, 99, 1, 0, 0, -1, -1, 0, -1, -1);
        SessionEnd end = new SessionEnd(session, EndCause.UPSTREAM_CLOSED, 0);
        String text = line(LogFormat.TEXT, end);
        assertTrue(text.contains(" relay=auto up=1 down=98 spliced=99 "), text);
        String json = line(LogFormat.JSON, end);
        assertTrue(json.contains("\"relay\":\"auto\",\"up\":1,\"down\":98,\"spliced\":99,"), json);
    }

    @Test
    void textOfAFailure() {
        assertEquals(
                "1999-12-31T23:59:59.999Z listener=127.0.0.1:6432 client=unix: upstream=-"
                        + " relay=splice up=123 down=9223372036854775807 duration_ms=12.5"
                        + " cause=connect-failed error=ECONNREFUSED\n",
                line(
                        LogFormat.TEXT,
                        end(
                                "1999-12-31T23:59:59.999Z",
                                Address.Unix.UNNAMED,
                                null,
                                -1,
                                EndCause.CONNECT_FAILED,
                                Errno.ECONNREFUSED)));
    }

    @Test
    void json() {
        assertEquals(
                "{\"time\":\"2026-10-20T13:14:15.000Z\",\"listener\":\"127.0.0.1:6432\",\"client\":\"127.0.0.1:50111\","
                        + "\"upstream\":null,\"relay\":\"splice\",\"up\":123,\"down\":9223372036854775807,"
                        + "\"duration_ms\":12.5,\"cause\":\"client-reset\",\"error\":\"ECONNRESET\"}\n",
                line(
                        LogFormat.JSON,
                        end("2026-10-20T13:14:15Z", CLIENT, null, -1, EndCause.CLIENT_RESET, Errno.ECONNRESET)));
    }

    @Test
    void whatAClientCallsItselfStaysOneValue() {
        Address client = new Address.Unix("/tmp/a \"b\\ cause=x\ny\u0085");
        assertEquals(
                "client=\"unix:/tmp/a \\\"b\\\\ cause=x\\\\x0ay\\\\x85\"",
                line(LogFormat.TEXT, end("2026-01-01T00:00:00Z", client, UPSTREAM, 0, EndCause.IDLE_TIMEOUT, 0))
                        .replaceAll(".*(client=.*) upstream=.*\n", "$1"));
        assertEquals(
                "\"client\":\"unix:/tmp/a \\\"b\\\\ cause=x\\\\x0ay\\\\x85\"",
                line(LogFormat.JSON, end("2026-01-01T00:00:00Z", client, UPSTREAM, 0, EndCause.IDLE_TIMEOUT, 0))
                        .replaceAll(".*(\"client\":.*),\"upstream\".*\n", "$1"));
    }

    @Test
    void daysOfTheCalendar() {
        for (String day : new String[] {"1970-01-01", "2000-02-29", "2027-03-01", "2100-02-28"}) {
            String time = day + "T00:00:00.001Z";
            String line = line(LogFormat.TEXT, end(time, CLIENT, UPSTREAM, 0, EndCause.DRAINED, 0));
            assertEquals(time, line.substring(0, time.length()));
        }
    }
}
