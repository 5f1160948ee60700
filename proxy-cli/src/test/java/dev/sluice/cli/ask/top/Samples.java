package dev.sluice.cli.ask.top;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import dev.sluice.cli.ask.Server;
import dev.sluice.cli.ask.client.Reply;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What a proxy might tell. */
final class Samples {
    private static final long SECOND = 1_000_000_000L;
    private static final String UPSTREAMS = """
            [{"name":"pg","up":true,"paused":false,"endpoints":[
               {"name":"db1","address":"10.0.0.1:5432","state":"up","sessions":3,"failures":0,"rtt_us":120,
                "health":{"reason":"fine","since":"2026-01-01T00:00:00Z"}},
               {"name":"db2","address":"10.0.0.2:5432","state":"down","sessions":0,"failures":9,
                "health":{"reason":"refused","since":"2026-01-01T00:00:00Z"}},
               {"name":"db3","address":null,"state":"down","sessions":0,"failures":0}]},
             {"name":"redis","up":true,"paused":true,"endpoints":[
               {"name":"r","address":"10.0.0.3:6379","state":"up","sessions":0,"failures":0}]}]
            """;

    private Samples() {}

    /** At so many seconds: each session has moved some bytes until then, the later the faster. */
    static Sample at(int seconds, int sessions) {
        return at(seconds, sessions, 7);
    }

    static Sample at(int seconds, int sessions, int pid) {
        List<JsonObject> all = new ArrayList<>();
        long bytes = 0;
        for (int i = 0; i < sessions; i++) {
            long up = 10_000L * (50 - i) + (long) seconds * i * 1024;
            bytes += up;
            all.add(object("""
                    {"id":"s%d","client":"10.1.1.1:%d","listener":"a","upstream":"pg","endpoint":"10.0.0.1:5432",
                     "state":"relaying","up":%d,"down":0,"duration_ms":%d,"rtt_us":null}
                    """.formatted(i, i, up, 1000 * (seconds + (i * 7) % 5))));
        }
        JsonObject status = object("""
                {"version":"1.2","pid":%d,"state":"running","uptime_seconds":%d,"sessions":%d,
                 "counters":{"accepted":%d,"bytes_up":%d,"bytes_down":0,"bytes_spliced":%d}}
                """.formatted(pid, seconds, sessions, 5 * seconds, bytes, bytes / 2));
        JsonObject listener = object("""
                {"name":"a","address":"127.0.0.1:1","upstream":"pg","relay":"splice","listening":false,"accepted":5,
                 "bytes_up":%d,"bytes_down":0}
                """.formatted(bytes));
        JsonObject event = object("""
                {"id":%d,"time":"2026-01-01T00:00:00Z","kind":"warning","text":"event %d"}
                """.formatted(seconds, seconds));
        return new Sample(
                seconds * SECOND,
                Instant.parse("2026-01-01T00:01:00Z"),
                status,
                List.of(listener),
                servers(),
                all,
                List.of(event));
    }

    static List<Server> servers() {
        return Server.all(Reply.objects(array(UPSTREAMS)));
    }

    static JsonObject object(String text) {
        try {
            return JsonParser.object().from(text);
        } catch (JsonParserException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    private static JsonArray array(String text) {
        try {
            return JsonParser.array().from(text);
        } catch (JsonParserException e) {
            throw new IllegalArgumentException(text, e);
        }
    }
}
