package dev.sluice.tests.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The page shows what goes on, and does what it is told, but nothing before it was confirmed. */
@Timeout(180)
class PageTest {
    private static final int SOME = 300_000;
    private static final int MANY = 50;
    private static final String YES = "#ask-yes";
    private static final String NO = "#ask-no";
    private static final String ASKED = "document.querySelector('#ask').open";
    private static final String OUTCOME = "#outcomes .note";
    private static final String SESSIONS = "#sessions tbody tr";

    @TempDir
    private Path folder;

    private static String row(String address) {
        return "[...document.querySelectorAll('#endpoints tr')].find(row => row.innerText.includes('" + address + "'))";
    }

    private static String setButton(String address) {
        return "#endpoints button[aria-label='Set endpoint " + address + " of pg']";
    }

    @Test
    void figuresChangeUnderTraffic() throws Exception {
        try (PageRig rig = new PageRig(folder)) {
            Browser browser = rig.open();
            browser.await("#verdict-word", "All well");
            browser.await("#charts .figure b", "0 B/s");
            Socket one = rig.session();
            Socket two = rig.session();
            browser.await("#chart-sessions", "2");
            browser.await("#verdict-facts", "2 sessions");
            for (int i = 0; i < 20; i++) {
                PageRig.talk(one, SOME);
                PageRig.talk(two, SOME);
            }
            browser.await("/KiB\\/s|MiB\\/s/.test(document.querySelector('#chart-throughput').innerText)");
            browser.await("document.querySelector('#chart-opened canvas') !== null");
            browser.await(row(rig.first.address()) + ".querySelector('[data-label=Sessions]').innerText === '1'");
            browser.await("#listeners", "MiB");
            String before = browser.textOf("#listeners");
            PageRig.talk(one, 10 * SOME);
            browser.await("document.querySelector('#listeners').innerText !== " + Browser.quoted(before));
            one.close();
            two.close();
            browser.await("#verdict-facts", "0 sessions");
            browser.await("/\\d+ (µs|ms)/.test(document.querySelector('#chart-connect').innerText)");
            rig.assertClean();
        }
    }

    @Test
    void anEndpointIsTakenOutAndPutBack() throws Exception {
        try (PageRig rig = new PageRig(folder)) {
            Browser browser = rig.open();
            String address = rig.first.address();
            browser.click(setButton(address));
            browser.await(ASKED);
            keep(browser, "question");
            browser.click("#ask input[value=down]");
            browser.click(NO);
            browser.await("!" + ASKED);
            browser.click(setButton(address));
            browser.click("#ask input[value=down]");
            browser.pressEscape();
            browser.await("!" + ASKED);
            assertFalse(rig.api("upstreams").contains("\"state\":\"down\""), "nothing was confirmed");
            browser.click(setButton(address));
            browser.click("#ask input[value=down]");
            browser.click(YES);
            browser.await(OUTCOME, address + " of pg is set to down.");
            browser.await(row(address) + ".innerText.includes('set by hand')");
            browser.await("#verdict-word", "1 thing needs a look");
            browser.await("#troubles", address + " of pg is down");
            browser.await("document.title === '(1) Sluice'");
            int before = rig.first.accepted();
            for (int i = 0; i < 4; i++) {
                rig.session();
            }
            assertEquals(before, rig.first.accepted());
            assertEquals(4, rig.second.connections());
            browser.click(setButton(address));
            browser.click("#ask input[value=auto]");
            browser.click(YES);
            browser.await("#verdict-word", "All well");
            rig.session();
            rig.session();
            assertTrue(rig.first.accepted() > before, "it gets sessions again");
            rig.assertClean();
        }
    }

    @Test
    void anUpstreamIsPausedAndResumed() throws Exception {
        try (PageRig rig = new PageRig(folder)) {
            Browser browser = rig.open();
            browser.click("#endpoints [aria-label='Pause upstream pg']");
            browser.click(YES);
            browser.await(
                    OUTCOME,
                    "pg is paused: new connections are held for 15 s at most, and ended then; resume it before that.");
            browser.await("#troubles", "pg is paused");
            try (Socket held = TestClient.connect(rig.sluice().port())) {
                held.getOutputStream().write(1);
                browser.await("#endpoints", "1 held");
                assertEquals(0, rig.first.connections() + rig.second.connections());
                browser.click("#endpoints [aria-label='Resume upstream pg']");
                browser.await("#ask-text", "1 held connections go on");
                browser.click(YES);
                assertEquals(1, held.getInputStream().read());
            }
            browser.await("#verdict-word", "All well");
            rig.assertClean();
        }
    }

    @Test
    void aSessionIsClosed() throws Exception {
        try (PageRig rig = new PageRig(folder)) {
            Browser browser = rig.open();
            Socket small = rig.session();
            Socket large = rig.session();
            PageRig.talk(large, SOME);
            browser.await("document.querySelectorAll('" + SESSIONS + "').length === 2");
            assertTrue(browser.textOf(SESSIONS).contains(":" + small.getLocalPort()), "the longest is first");
            browser.click("[data-sort=bytes]");
            browser.await(SESSIONS, ":" + large.getLocalPort());
            browser.click(SESSIONS + " button");
            browser.await("#ask-title", ":" + large.getLocalPort());
            browser.click(NO);
            PageRig.talk(large, SOME);
            browser.click(SESSIONS + " button");
            browser.click(YES);
            browser.await(OUTCOME, "is closed");
            assertFalse(TestClient.receive(large).clean(), "it is reset");
            browser.await("document.querySelectorAll('" + SESSIONS + "').length === 1");
            PageRig.talk(small, SOME);
            browser.await("#ends", "admin");
            rig.assertClean();
        }
    }

    @Test
    void theConfigurationIsReloadedOrSaysWhyNot() throws Exception {
        String markup = "<img src=x onerror=alert(1)>";
        try (PageRig rig = new PageRig(folder)) {
            Browser browser = rig.open();
            String text = Files.readString(rig.file);
            Files.writeString(rig.file, text.replace("upstream: pg}", "upstream: pg, relay: copy}"));
            browser.click("#reload");
            browser.click(NO);
            assertTrue(rig.api("status").contains("\"applied\":0"));
            browser.click("#reload");
            browser.click(YES);
            browser.await(OUTCOME, "Reloaded.");
            browser.await("#listeners", "copy");
            Files.writeString(rig.file, text.replace("name: pg, bind", "name: \"" + markup + "\", bind"));
            browser.click("#reload");
            browser.click(YES);
            browser.await(OUTCOME + ".bad", "Reload the configuration: not done.");
            browser.await(OUTCOME + ".bad", markup);
            keep(browser, "refused");
            browser.await("#events", markup);
            browser.await("#facts", "1 applied, 1 refused");
            browser.click("#events-warnings");
            assertEquals(
                    0,
                    browser.evaluate("document.querySelectorAll('main img').length")
                            .getAsInt());
            List<String> faults = browser.faults();
            assertEquals(1, faults.size(), faults::toString);
            assertTrue(faults.getFirst().contains("409"), "the browser logs an order that was refused");
        }
    }

    /** The name of an endpoint can be anything that a file of a socket may be called. */
    @Test
    void markupInANameStaysText() throws Exception {
        String name = "<img src=x onerror=alert(1)>.sock";
        String more = "  - {name: odd, endpoints: [\"unix:" + folder.resolve(name) + "\"], health: {check: tcp}}";
        try (PageRig rig = new PageRig(folder, "127.0.0.1:0", more)) {
            Browser browser = rig.open();
            browser.await("#endpoints", name);
            browser.await("#troubles", name);
            browser.await("#events", name);
            browser.click("#endpoints [aria-label*='of odd']");
            browser.await("#ask-title", name);
            browser.click("#ask input[value=drain]");
            browser.click(YES);
            browser.await(OUTCOME, "is set to drain.");
            assertEquals(
                    0,
                    browser.evaluate("document.querySelectorAll('main img, dialog img').length")
                            .getAsInt());
            rig.assertClean();
        }
    }

    @Test
    void theTokenIsAskedForAndKeptInMemoryOnly() throws Exception {
        Path token = folder.resolve("token");
        Files.writeString(token, "tell-nobody\n");
        try (PageRig rig = new PageRig(folder, "{bind: \"127.0.0.1:0\", token-file: " + token + "}", "")) {
            Browser browser = rig.browser();
            browser.screen(1280, 800, "dark");
            browser.go(rig.address());
            browser.await("document.querySelector('#login').open");
            browser.pressEscape();
            browser.await("document.querySelector('#login').open");
            browser.await("document.activeElement.id === 'token'");
            browser.type("tell-everybody");
            browser.pressEnter();
            browser.await("#login-wrong", "That is not the token.");
            keep(browser, "login");
            assertEquals("…", browser.textOf("#state"));
            int asked = browser.requests().size();
            Thread.sleep(3000);
            assertEquals(asked, browser.requests().size(), "it asks nothing while it has no token");
            browser.type("tell-łódź");
            browser.pressEnter();
            browser.await("#login-wrong", "That is no token: one has ASCII characters only");
            browser.await("document.querySelector('#login').open");
            assertEquals(asked, browser.requests().size(), "nor what no browser could send");
            browser.evaluate("document.querySelector('#token').value = ''; 1");
            browser.type("tell-nobody");
            browser.click("#login button");
            browser.await("#state", "running");
            browser.await("!document.querySelector('#login').open");
            browser.click("#endpoints [aria-label='Pause upstream pg']");
            browser.click(YES);
            browser.await(OUTCOME, "pg is paused: ");
            assertEquals("{}", browser.text("JSON.stringify({...localStorage, ...sessionStorage})"));
            assertEquals("", browser.text("document.cookie"));
            assertFalse(browser.text("document.documentElement.outerHTML").contains("tell-nobody"));
            assertTrue(browser.requests().stream().noneMatch(request -> request.contains("tell-")));
            browser.go(rig.address() + "?again");
            browser.await("document.querySelector('#login').open");
        }
    }

    @Test
    void aProxyThatIsGoneIsToldAndComesBack() throws Exception {
        String admin = "127.0.0.1:" + Machine.freePort();
        try (PageRig rig = new PageRig(folder, admin, "")) {
            Browser browser = rig.open();
            browser.await("#events", "listening");
            rig.kill();
            browser.await("#lost", "No answer from the proxy");
            browser.await("#reach", "not connected");
            browser.await("#endpoints", rig.first.address());
            browser.forgetFaults(); // the browser logs each request that nobody answers
            rig.startAgain();
            browser.await("#reach", "live");
            browser.await("document.querySelector('#lost').hidden");
            rig.session();
            browser.await("#verdict-facts", "1 session");
            browser.await("#process", "pid " + rig.sluice().pid());
        }
    }

    /** The page is the successor's as soon as that has the address; the session that it has left stays with the predecessor. */
    @Test
    void aTakeoverIsFollowed() throws Exception {
        String admin = "127.0.0.1:" + Machine.freePort();
        try (PageRig rig = new PageRig(folder, admin, "takeover: " + folder.resolve("takeover"))) {
            Browser browser = rig.open();
            long before = rig.sluice().pid();
            Socket session = rig.session();
            browser.await("#verdict-facts", "1 session");
            try (SluiceProcess next = SluiceProcess.run("-c", rig.file.toString(), "--takeover")) {
                browser.await("#process", "pid " + next.pid());
                browser.await("#reach", "live");
                browser.await("#verdict-facts", "0 sessions");
                browser.await("#events", "admin interface on"); // it serves before it says so
                assertEquals(1, browser.textOf("#events").split("admin interface on", -1).length - 1, "each once");
                assertFalse(browser.textOf("#process").contains("pid " + before));
                browser.await("#troubles", "Process " + before + ", taken over from, has sessions left");
                browser.await("#troubles", "sluice sessions --admin unix:" + folder.resolve("takeover." + before));
                PageRig.talk(session, SOME);
                session.close();
                assertEquals(0, rig.sluice().awaitExit());
                browser.await("#verdict-word", "All well");
                browser.await("#state", "running");
                assertEquals(0, next.terminate()); // it came to the address later: nothing to count
            }
        }
    }

    @Test
    void nobodyIsAskedWhileNobodyLooks() throws Exception {
        try (PageRig rig = new PageRig(folder)) {
            Browser browser = rig.open();
            browser.evaluate("Object.defineProperty(document, 'hidden', {get: () => window.away === true});"
                    + "window.away = true; document.dispatchEvent(new Event('visibilitychange')); 1");
            Thread.sleep(1000); // what was being asked is answered
            int asked = browser.requests().size();
            Thread.sleep(4500);
            assertEquals(asked, browser.requests().size());
            browser.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange')); 1");
            Eventually.holds("it asks again", () -> browser.requests().size() > asked + 3);
            rig.assertClean();
        }
    }

    @Test
    void aDrainIsConfirmedAndSeen() throws Exception {
        try (PageRig rig = new PageRig(folder)) {
            Browser browser = rig.open();
            Socket session = rig.session();
            browser.click("#drain");
            browser.await("document.activeElement.id === 'ask-no'");
            browser.click(YES);
            browser.await("#state", "draining");
            browser.await("#troubles", "The proxy is draining");
            browser.await("#about", "cuts what is left in");
            PageRig.talk(session, SOME);
            session.close();
            assertEquals(0, rig.sluice().awaitExit());
            browser.await("#lost", "No answer from the proxy");
        }
    }

    /** Nobody else says so: its connections are taken, or the endpoint is used against its check. */
    @Test
    void whatIsHiddenNeedsALook() throws Exception {
        String more = "  - {name: odd, endpoints: [\"127.0.0.1:1\"], health: {check: tcp, interval: 200ms, fall: 1}}";
        try (PageRig rig = new PageRig(folder, "127.0.0.1:0", more)) {
            Browser browser = rig.open();
            browser.await("#troubles", "127.0.0.1:1 of odd is down");
            browser.click("#endpoints [aria-label*='of odd']");
            browser.click("#ask input[value=up]");
            browser.click(YES);
            browser.await("#troubles", "127.0.0.1:1 of odd is up by hand");
            browser.evaluate("const real = window.fetch; window.fetch = async (where, what) => {"
                    + "const answer = await real(where, what);"
                    + "if (!String(where).includes('status')) { return answer; }"
                    + "return new Response(JSON.stringify({...await answer.json(), silent_loops: ['sluice-loop-0']}),"
                    + "{status: 200, headers: answer.headers}); }; 1");
            browser.await("#troubles", "sluice-loop-0 does not answer");
            assertTrue(browser.textOf("#troubles").startsWith("sluice-loop-0"), "the worst first");
            rig.assertClean();
        }
    }

    /** Nothing is cut off or too faint to read, on a desk and on a telephone, by day and by night. */
    @Test
    void fitsEveryScreen() throws Exception {
        String more =
                "  - {name: a-name-that-is-about-as-long-as-a-name-of-an-upstream-can-be-63, endpoints: [\"127.0.0.1:1\"],"
                        + " health: {check: tcp, interval: 200ms, fall: 1}}\n"
                        + "  - {name: many, health: {check: tcp, interval: 200ms, fall: 1}, endpoints: ["
                        + IntStream.rangeClosed(1, MANY)
                                .mapToObj(i -> "\"127.0.1." + i + ":1\"")
                                .collect(Collectors.joining(", "))
                        + "]}";
        try (PageRig rig = new PageRig(folder, "127.0.0.1:0", more)) {
            Browser browser = rig.open();
            rig.session();
            browser.await("#troubles", "has nobody");
            browser.await("#verdict-word", MANY + 3 + " things need a look");
            for (String scheme : List.of("light", "dark")) {
                for (int width : new int[] {1280, 390}) {
                    browser.screen(width, 800, scheme);
                    String screen = width + " " + scheme;
                    browser.await("innerWidth === " + width);
                    Eventually.holds(
                            screen,
                            () -> browser.evaluate("document.documentElement.scrollWidth")
                                            .getAsInt()
                                    <= width);
                    assertEquals("[]", browser.text("JSON.stringify((" + FAINT + ")())"), screen);
                    keep(browser, screen);
                }
            }
            String auto = browser.text("getComputedStyle(document.body).backgroundColor");
            browser.click("#theme");
            assertNotEquals(auto, browser.text("getComputedStyle(document.body).backgroundColor"));
            browser.go(rig.address() + "?again");
            assertEquals("light", browser.text("document.documentElement.dataset.theme"), "the choice is kept");
            rig.assertClean();
        }
    }

    /** Texts whose contrast to what is behind them is below 4.5 (WCAG 2.2, 1.4.3), as text and ratio. */
    private static final String FAINT = """
            () => {
              const parse = text => text.match(/[\\d.]+/g).map(Number);
              const over = (top, under) => top.slice(0, 3).map((v, i) => v * (top[3] ?? 1) + under[i] * (1 - (top[3] ?? 1)));
              const behind = node => {
                const layers = [];
                for (let at = node; at; at = at.parentElement) {
                  layers.unshift(parse(getComputedStyle(at).backgroundColor));
                }
                return layers.reduce((under, layer) => over(layer, under), [255, 255, 255]);
              };
              const light = rgb => rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
              const faint = [];
              const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
              while (texts.nextNode()) {
                const node = texts.currentNode.parentElement;
                if (texts.currentNode.data.trim() === '' || !node.checkVisibility() || node.closest('dialog, script, noscript')) {
                  continue;
                }
                const back = behind(node);
                const [a, b] = [light(over(parse(getComputedStyle(node).color), back)), light(back)].sort((x, y) => y - x);
                const ratio = (a + 0.05) / (b + 0.05);
                if (ratio < 4.5) {
                  faint.push([texts.currentNode.data.trim(), ratio.toFixed(2)]);
                }
              }
              return faint;
            }""";

    /** For whoever wants to see it. */
    private static void keep(Browser browser, String name) throws IOException {
        Path pictures = Files.createDirectories(Path.of("target", "pictures"));
        Files.write(pictures.resolve(name.replace(' ', '-') + ".png"), browser.picture());
    }
}
