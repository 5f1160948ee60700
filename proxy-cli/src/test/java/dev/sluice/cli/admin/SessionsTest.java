package dev.sluice.cli.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import dev.sluice.cli.log.Bytes;
import dev.sluice.cli.log.LogFormat;
import dev.sluice.cli.log.SessionLine;
import dev.sluice.linux.Address;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.LiveSession;
import dev.sluice.proxy.stats.SessionReport;
import dev.sluice.proxy.stats.SessionSnapshot;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A session that lives is told of as the access log does it: there are two writers, and one list of fields. */
class SessionsTest {
    private static final Set<String> ONLY_IN_THE_LOG = Set.of("event", "who", "cause", "error");
    private static final Set<String> ONLY_HERE = Set.of("state");

    private static SessionSnapshot session(long millis, boolean known) {
        return new SessionSnapshot(
                7,
                "pg",
                Address.parse("127.0.0.1:50111"),
                known ? "db" : null,
                known ? Address.parse("[2001:db8::1]:5432") : null,
                RelayMode.SPLICE,
                millis,
                123,
                456,
                99,
                2,
                1_000,
                known ? 1_350 : -1,
                known ? 1_400 : -1,
                known ? 60_000_000 : -1,
                70_012_599L,
                known ? 35 : -1,
                known ? 3 : -1);
    }

    private static JsonObject logged(SessionSnapshot session) throws JsonParserException {
        Bytes line = new Bytes();
        new SessionLine(LogFormat.JSON).accept(new SessionReport.Interval(session), line);
        return JsonParser.object().from(new String(line.array(), 0, line.length(), StandardCharsets.UTF_8));
    }

    private static JsonObject told(SessionSnapshot session) throws JsonParserException {
        LiveSession live = new LiveSession(0, LiveSession.State.RELAYING, session);
        return JsonParser.array().from(Sessions.text(List.of(live))).getObject(0);
    }

    private static Set<String> without(Set<String> keys, Set<String> some) {
        Set<String> rest = new HashSet<>(keys);
        assertTrue(rest.removeAll(some));
        return rest;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void asInTheLog(boolean known) throws JsonParserException {
        SessionSnapshot session = session(1_767_323_045_078L, known);
        JsonObject log = logged(session);
        JsonObject here = told(session);
        assertEquals(without(log.keySet(), ONLY_IN_THE_LOG), without(here.keySet(), ONLY_HERE));
        for (String key : without(here.keySet(), ONLY_HERE)) {
            assertEquals(log.get(key), here.get(key), key);
        }
    }

    /** Also at a full second. */
    @Test
    void timesHaveThreeDigits() throws JsonParserException {
        SessionSnapshot session = session(1_767_323_045_000L, true);
        assertEquals("2026-01-02T03:04:05.000Z", told(session).getString("time"));
        assertEquals(logged(session).getString("time"), told(session).getString("time"));
    }
}
