package dev.sluice.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.SluiceProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The first thing that many will try. */
@Timeout(90)
class DemoTest {
    private static final Pattern PROXY = Pattern.compile("proxy at (127\\.0\\.0\\.1:\\d+) stays up");

    @Test
    void onceShowsATableAndEnds() {
        try (SluiceProcess demo = SluiceProcess.start(Map.of(), "demo", "--once", "--seconds", "1", "--streams", "2")) {
            for (String way : List.of("direct", "copy", "splice")) {
                demo.awaitStdout(0, "the row of " + way, line -> line.matches(way + " +\\d.* agrees"));
            }
            assertEquals(0, demo.awaitExit(), demo::toString);
        }
    }

    @Test
    void itStaysUpAndCanBeTried() throws Exception {
        try (SluiceProcess demo = SluiceProcess.start(Map.of(), "demo", "--seconds", "1", "--streams", "1");
                HttpClient client = HttpClient.newHttpClient()) {
            Matcher proxy = PROXY.matcher(demo.awaitStdout(0, "that it stays up", line -> line.contains("stays up")));
            assertTrue(proxy.find(), demo::toString);
            String url = "http://" + proxy.group(1);
            HttpResponse<byte[]> bytes = client.send(
                    HttpRequest.newBuilder(URI.create(url + "/bytes/3000000")).build(),
                    HttpResponse.BodyHandlers.ofByteArray());
            assertEquals(3_000_000, bytes.body().length);
            HttpResponse<String> hash = client.send(
                    HttpRequest.newBuilder(URI.create(url + "/sha256"))
                            .PUT(HttpRequest.BodyPublishers.ofByteArray(bytes.body()))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            String expected = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.body()));
            assertTrue(hash.body().contains(expected), hash::body);
            demo.signal("INT");
            assertEquals(0, demo.awaitExit(), demo::toString);
        }
    }
}
