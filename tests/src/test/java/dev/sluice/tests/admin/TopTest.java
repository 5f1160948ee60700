package dev.sluice.tests.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import dev.sluice.tests.testkit.Addresses;
import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import dev.sluice.tests.testkit.Tmux;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code sluice top} in terminals of several kinds. */
@Timeout(120)
class TopTest {
    private static final String TOP = "top";
    private static final String ADMIN = "--admin";
    private static final String OVERVIEW = "[Overview]";
    private static final Map<String, String> XTERM = Map.of("TERM", "xterm-256color");

    @TempDir
    private Path folder;

    private final int port = Machine.freePort();

    private SluiceProcess proxy(Backend backend, String... more) {
        List<String> options =
                new ArrayList<>(List.of("--listen", "127.0.0.1:0", "--to", backend.address(), ADMIN, address()));
        options.addAll(List.of(more));
        return SluiceProcess.run(options.toArray(String[]::new));
    }

    private String address() {
        return "127.0.0.1:" + port;
    }

    private Tmux top(int columns, int rows, Map<String, String> environment) {
        return Tmux.sluice(folder, columns, rows, environment, TOP, ADMIN, address());
    }

    /** At 80×24: figures move, nothing is wrapped, and q leaves the terminal as it was. */
    @Test
    void showsWhatHappens() throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = proxy(echo);
                Tmux top = top(80, 24, XTERM)) {
            top.await("the overview", screen -> screen.contains(OVERVIEW) && screen.contains("sessions 0 "));
            try (Socket client = TestClient.connect(sluice.port())) {
                TestClient.echo(client, new byte[1 << 20]);
                String screen = top.await("a session", text -> text.contains("sessions 1 "));
                assertTrue(screen.startsWith("sluice "), screen);
                assertTrue(screen.contains("pid " + sluice.pid()), screen);
                assertTrue(screen.contains(echo.address()), screen);
                assertTrue(screen.contains(sluice.listening(0)), screen);
                List<String> lines = top.screen();
                assertEquals(24, lines.size(), screen);
                assertTrue(lines.getLast().startsWith("q quit"), screen);
                assertTrue(lines.stream().allMatch(line -> line.length() < 80), screen);
                top.await(
                        "bytes go by",
                        text -> text.matches("(?s).* up [1-9][0-9.]* [KM]iB/s .*") || text.contains("100%"));
            }
            top.press("q");
            assertEquals(0, top.awaitExit());
            String after = top.await("the terminal as it was", text -> text.startsWith(Tmux.BEFORE));
            assertFalse(after.contains(OVERVIEW), after);
        }
    }

    @Test
    void followsTheSizeOfTheTerminal() throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = proxy(echo);
                Tmux top = top(120, 40, XTERM)) {
            assertTrue(sluice.isRunning());
            top.await("the overview", screen -> screen.contains(OVERVIEW));
            assertTrue(
                    top.screen().get(39).startsWith("q quit"),
                    () -> top.screen().toString());
            top.resize(80, 24);
            top.await(
                    "80×24",
                    screen -> screen.lines().skip(23).findFirst().orElse("").startsWith("q quit"));
            top.resize(20, 5);
            top.await(
                    "20×5",
                    screen -> screen.lines().skip(4).findFirst().orElse("").startsWith("q quit"));
            top.resize(120, 40);
            top.await(
                    "120×40",
                    screen -> screen.lines().skip(39).findFirst().orElse("").startsWith("q quit"));
            top.press("C-c");
            assertEquals(0, top.awaitExit());
        }
    }

    /** An order is asked for, confirmed and carried out; and another key is a no. */
    @Test
    void setsAnEndpoint() throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = proxy(echo);
                Tmux top = top(100, 30, XTERM)) {
            AdminClient admin = AdminClient.of(sluice);
            top.await("the overview", screen -> screen.contains(OVERVIEW));
            top.press("Right", "Tab");
            top.await("endpoints", screen -> screen.contains("[Endpoints]") && screen.contains("\n> "));
            top.press("d");
            top.await("a question", screen -> screen.contains("to down? y/n"));
            top.press("n");
            top.await("no question", screen -> screen.contains("q quit"));
            assertEquals(200, admin.get("/readyz").status());
            top.press("d", "y");
            top.await("it is done", screen -> screen.contains("to down: done") && screen.contains("set by hand"));
            assertEquals(503, admin.get("/readyz").status());
            top.press("q");
            assertEquals(0, top.awaitExit());
        }
    }

    @Test
    void closesASession() throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = proxy(echo);
                Socket client = TestClient.connect(sluice.port());
                Tmux top = top(80, 24, XTERM)) {
            TestClient.echo(client, new byte[1000]);
            top.await("the overview", screen -> screen.contains(OVERVIEW));
            top.press("2");
            String address = Addresses.text(client.getLocalSocketAddress());
            top.await("the session", screen -> screen.contains("> " + address));
            top.press("k");
            top.await("a question", screen -> screen.contains(" of " + address + "? y/n"));
            top.press("y");
            top.await("it is done", screen -> screen.contains(": done") && !screen.contains("> " + address));
            assertFalse(TestClient.receive(client).clean());
            top.press("q");
            assertEquals(0, top.awaitExit());
        }
    }

    /** On a small screen: who is held, why, and what happened before the last few things. */
    @Test
    void smallScreensShowItAll() throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = proxy(echo, "--connect-deadline", "5m");
                Tmux top = top(80, 24, XTERM)) {
            AdminClient admin = AdminClient.of(sluice);
            String upstreams = "/api/v1/upstreams";
            JsonElement first = admin.get(upstreams).json().getAsJsonArray().get(0);
            String name = first.getAsJsonObject().get("name").getAsString();
            String upstream = upstreams + "/" + URLEncoder.encode(name, StandardCharsets.UTF_8);
            for (int i = 0; i < 15; i++) {
                assertEquals(200, admin.post(upstream + "/pause").status());
                assertEquals(200, admin.post(upstream + "/resume").status());
            }
            assertEquals(200, admin.post(upstream + "/pause").status());
            try (Socket client = TestClient.connect(sluice.port())) {
                top.await("the overview", screen -> screen.contains(OVERVIEW));
                top.press("2");
                String address = Addresses.text(client.getLocalSocketAddress());
                top.await("who is held", screen -> screen.contains("> " + address + "  -         held "));
                top.press("4", "NPage");
                top.await("the newest", screen -> screen.contains(" of 3") && screen.contains(": pause upstream "));
                top.press("Home");
                top.await("the oldest", screen -> screen.contains("... 1 to "));
                top.press("?");
                top.await("help", screen -> screen.contains("Page Up, Page Down"));
                top.press("q", "5");
                top.await("how sessions ended", screen -> screen.contains("listener  who"));
            }
            top.await("one has", screen -> screen.matches("(?s).*\n\\S+ +client +fin +1 .*"));
            top.press("q");
            assertEquals(0, top.awaitExit());
        }
    }

    @Test
    void aSignalEndsIt() throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = proxy(echo);
                Tmux top = top(80, 24, XTERM)) {
            assertTrue(sluice.isRunning());
            top.await("the overview", screen -> screen.contains(OVERVIEW));
            top.press("C-z", "C-\\"); // would leave the screen in disorder, and do nothing
            top.signal("TERM");
            assertEquals(0, top.awaitExit());
            top.await("the terminal as it was", screen -> screen.startsWith(Tmux.BEFORE) && !screen.contains(OVERVIEW));
        }
    }

    @Test
    void itEndsWithItsTerminal() throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = proxy(echo);
                Tmux top = top(80, 24, XTERM)) {
            assertTrue(sluice.isRunning());
            top.await("the overview", screen -> screen.contains(OVERVIEW));
            top.hangUp();
            Eventually.holds("it ends", () -> !top.isRunning());
        }
    }

    /** The proxy goes, and another one comes in its place. */
    @Test
    void theProxyGoesAndComes() throws Exception {
        try (Backend echo = Backend.echo()) {
            Tmux top;
            try (SluiceProcess first = proxy(echo)) {
                top = top(80, 24, XTERM);
                top.await("the first", screen -> screen.contains("pid " + first.pid()));
                assertEquals(0, first.terminate());
            }
            try (top) {
                top.await(
                        "it is told",
                        screen -> screen.startsWith("not reachable since ")
                                && screen.contains("trying again: nobody listens"));
                top.press("Right");
                top.await("keys work meanwhile", screen -> screen.contains("[Sessions]"));
                try (SluiceProcess second = proxy(echo)) {
                    top.await("the second", screen -> screen.contains("pid " + second.pid()));
                    top.press("q");
                    assertEquals(0, top.awaitExit());
                }
            }
        }
    }

    /** The overview, the next view, and the end; where there is no second buffer the screen is cleared. */
    @ParameterizedTest
    @ValueSource(strings = {"xterm", "screen", "tmux-256color", "vt100", "not-a-terminal"})
    void manyTerminals(String type) throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = proxy(echo);
                Tmux top = top(80, 24, Map.of("TERM", type, "NO_COLOR", "1"))) {
            assertTrue(sluice.isRunning());
            top.await("the overview", screen -> screen.contains(OVERVIEW));
            top.press("Down", "Tab");
            String screen = top.await("sessions", text -> text.contains("[Sessions]"));
            assertFalse(screen.contains("WARN") || screen.contains("listener  address"), screen);
            top.press("q");
            assertEquals(0, top.awaitExit());
            top.await("nothing is left", text -> !text.contains("[Sessions]"));
        }
    }

    /** Where nothing can be drawn, all is printed once. */
    @Test
    void withoutAScreen() throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = proxy(echo)) {
            try (Tmux dumb = top(80, 24, Map.of("TERM", "dumb"))) {
                assertEquals(0, dumb.awaitExit());
                String text = dumb.await("all", screen -> screen.contains("\nevents\n"));
                assertTrue(text.contains("pid " + sluice.pid()), text);
            }
            try (SluiceProcess piped = SluiceProcess.start(XTERM, TOP, ADMIN, address(), "--interval", "200ms")) {
                assertEquals(0, piped.awaitExit(), piped::toString);
                String text = String.join("\n", piped.stdout());
                assertTrue(text.contains("pid " + sluice.pid()) && text.contains("\nevents\n"), text);
                assertFalse(text.contains("\u001b"), text);
                assertEquals(List.of(), piped.stderr());
            }
        }
    }

    /** What is wrong from the beginning is said without a screen. */
    @Test
    void nobodyIsThere() throws Exception {
        try (Tmux top = top(80, 24, XTERM)) {
            assertEquals(1, top.awaitExit());
            top.await("why", screen -> screen.contains("sluice: nobody listens at " + address()));
        }
    }

    /** It waits for keys without asking, and asks once a second. */
    @Test
    void costsLittle() throws Exception {
        try (Backend echo = Backend.echo();
                SluiceProcess sluice = proxy(echo);
                Tmux top = top(80, 24, XTERM)) {
            assertTrue(sluice.isRunning());
            top.await("the overview", screen -> screen.contains(OVERVIEW));
            long least = Long.MAX_VALUE;
            for (int i = 0; i < 5 && least > 30; i++) {
                long before = top.cpuTicks();
                Thread.sleep(2000);
                least = Math.min(least, top.cpuTicks() - before);
            }
            assertTrue(least <= 30, "ticks of 10 ms in 2 s: " + least);
            top.press("q");
            assertEquals(0, top.awaitExit());
        }
    }
}
