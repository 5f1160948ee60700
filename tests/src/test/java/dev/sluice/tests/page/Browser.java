package dev.sluice.tests.page;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.sluice.tests.testkit.Eventually;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.SluiceProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** A headless Chromium with one page. Where there is none, the test is skipped. It ends by itself when nobody does it. */
final class Browser implements AutoCloseable {
    private static final int LONGEST_LIFE_S = 240;
    private static final Gson GSON = new Gson();

    private final Process process;
    private final DevTools tools;
    private final String session;
    private final Queue<String> faults = new ConcurrentLinkedQueue<>();
    private final Queue<String> requests = new ConcurrentLinkedQueue<>();

    private Browser(Process process, URI address) {
        this.process = process;
        this.tools = new DevTools(address, this::happened);
        String target = tools.call(null, "Target.createTarget", parameters("url", "about:blank"))
                .get("targetId")
                .getAsString();
        this.session = tools.call(null, "Target.attachToTarget", parameters("targetId", target, "flatten", true))
                .get("sessionId")
                .getAsString();
        for (String domain : List.of("Page", "Runtime", "Log", "Network", "Audits")) {
            call(domain + ".enable");
        }
    }

    /**
     * Starts it.
     *
     * @param profile an empty folder for what it keeps
     */
    static Browser open(Path profile) throws Exception {
        Path chromium = Machine.needs("chromium", "chromium");
        List<String> command = new ArrayList<>(List.of("timeout", "-k", "5", String.valueOf(LONGEST_LIFE_S)));
        command.add(chromium.toString());
        if (Machine.isRoot()) {
            command.add("--no-sandbox"); // it refuses to have one for root
        }
        command.addAll(List.of(
                "--headless=new",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "--no-first-run",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-extensions",
                "--disable-sync",
                "--lang=en-US",
                "about:blank"));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(profile.resolve("chromium.log").toFile())
                .start();
        try {
            Path where = profile.resolve("DevToolsActivePort");
            Eventually.holds(
                    "the browser is there",
                    SluiceProcess.PATIENCE.multipliedBy(2),
                    () -> Files.exists(where) && Files.readAllLines(where).size() >= 2);
            List<String> lines = Files.readAllLines(where);
            return new Browser(process, URI.create("ws://127.0.0.1:" + lines.get(0) + lines.get(1)));
        } catch (Exception | AssertionError e) {
            process.destroy();
            throw e;
        }
    }

    private static JsonObject parameters(Object... namesAndValues) {
        JsonObject parameters = new JsonObject();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            parameters.add((String) namesAndValues[i], GSON.toJsonTree(namesAndValues[i + 1]));
        }
        return parameters;
    }

    private JsonObject call(String method, Object... namesAndValues) {
        return tools.call(session, method, parameters(namesAndValues));
    }

    private void happened(String method, JsonObject event) {
        switch (method) {
            case "Network.requestWillBeSent" ->
                requests.add(event.getAsJsonObject("request").get("url").getAsString());
            case "Runtime.exceptionThrown" -> faults.add("exception: " + event.get("exceptionDetails"));
            case "Audits.issueAdded" -> faults.add("issue: " + event.get("issue"));
            case "Log.entryAdded" -> faults.add("log: " + event.get("entry"));
            case "Runtime.consoleAPICalled" -> faults.add("console: " + event);
            default -> {
                // of no interest here
            }
        }
    }

    /** What the console has that it should not: everything. */
    List<String> faults() {
        return List.copyOf(faults);
    }

    /** What was said so far was expected. */
    void forgetFaults() {
        faults.clear();
    }

    /** Whatever it has asked for, by address. */
    List<String> requests() {
        return List.copyOf(requests);
    }

    /** Goes to a page and waits until it has been loaded. */
    void go(String address) throws Exception {
        call("Page.navigate", "url", address);
        await("document.readyState === 'complete' && location.href === " + quoted(address));
    }

    /** The value of an expression; of a promise, what it comes to. */
    JsonElement evaluate(String expression) {
        JsonObject answer =
                call("Runtime.evaluate", "expression", expression, "returnByValue", true, "awaitPromise", true);
        if (answer.has("exceptionDetails")) {
            throw new AssertionError(expression + ": " + answer.get("exceptionDetails"));
        }
        JsonElement value = answer.getAsJsonObject("result").get("value");
        return value == null ? new JsonObject() : value;
    }

    String text(String expression) {
        return evaluate("String(" + expression + ")").getAsString();
    }

    /** The text of an element. */
    String textOf(String selector) {
        return text(one(selector) + ".innerText");
    }

    /** Waits until an expression is true. */
    void await(String expression) throws Exception {
        try {
            Eventually.holds(
                    expression, () -> evaluate("Boolean(" + expression + ")").getAsBoolean());
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "\n" + text("document.body.innerText") + "\n" + faults, e);
        }
    }

    /** Waits until an element is there and has these words in its text. */
    void await(String selector, String words) throws Exception {
        await(one(selector) + "?.innerText.includes(" + quoted(words) + ")");
    }

    private static String one(String selector) {
        return "document.querySelector(" + quoted(selector) + ")";
    }

    static String quoted(String text) {
        return GSON.toJson(text);
    }

    /** Presses the mouse on the middle of an element, as somebody does who sees it: nothing may lie over it. */
    void click(String selector) throws Exception {
        await(one(selector));
        JsonArray place = evaluate("(e => { e.scrollIntoView({block: 'center', behavior: 'instant'});"
                        + " const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2;"
                        + " return [x, y, e.contains(document.elementFromPoint(x, y))]; })(" + one(selector) + ")")
                .getAsJsonArray();
        if (!place.get(2).getAsBoolean()) {
            throw new AssertionError(selector + " cannot be seen: " + place);
        }
        double x = place.get(0).getAsDouble();
        double y = place.get(1).getAsDouble();
        for (String type : List.of("mousePressed", "mouseReleased")) {
            call("Input.dispatchMouseEvent", "type", type, "x", x, "y", y, "button", "left", "clickCount", 1);
        }
    }

    /** Types into whatever has the focus. */
    void type(String text) {
        call("Input.insertText", "text", text);
    }

    void pressEscape() {
        press("Escape", 27, "");
    }

    void pressEnter() {
        press("Enter", 13, "\r");
    }

    private void press(String key, int code, String text) {
        for (String type : List.of("keyDown", "keyUp")) {
            call(
                    "Input.dispatchKeyEvent",
                    "type",
                    type,
                    "key",
                    key,
                    "code",
                    key,
                    "windowsVirtualKeyCode",
                    code,
                    "text",
                    type.equals("keyDown") ? text : "");
        }
    }

    /**
     * Looks at it on another screen.
     *
     * @param scheme light or dark
     */
    void screen(int width, int height, String scheme) {
        call(
                "Emulation.setDeviceMetricsOverride",
                "width",
                width,
                "height",
                height,
                "deviceScaleFactor",
                1,
                "mobile",
                width < 600);
        call(
                "Emulation.setEmulatedMedia",
                "features",
                List.of(Map.of("name", "prefers-color-scheme", "value", scheme)));
    }

    /** A picture of what can be seen, in PNG. */
    byte[] picture() {
        return Base64.getDecoder()
                .decode(call("Page.captureScreenshot", "format", "png")
                        .get("data")
                        .getAsString());
    }

    @Override
    public void close() throws IOException {
        try {
            tools.call(null, "Browser.close", new JsonObject());
        } catch (AssertionError e) {
            process.destroy();
        }
        tools.close();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
