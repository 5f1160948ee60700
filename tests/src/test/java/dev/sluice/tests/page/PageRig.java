package dev.sluice.tests.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A proxy with two servers, a browser that has its page open, and sessions that say something from time to time. */
final class PageRig implements AutoCloseable {
    private static final String LINE = "sluice: admin interface on ";

    final Backend first = Backend.echo();
    final Backend second = Backend.echo();
    final Path file;
    private final List<Socket> sessions = new ArrayList<>();
    private final Browser browser;
    private SluiceProcess sluice;
    private final String address;

    /**
     * Starts all of it.
     *
     * @param more lines of the configuration file, indented by nothing
     */
    PageRig(Path folder, String admin, String more) throws Exception {
        file = folder.resolve("sluice.yaml");
        Files.writeString(file, """
                admin: %s
                access-log: off
                listeners:
                  - {name: pg, bind: "127.0.0.1:0", upstream: pg}
                upstreams:
                  - name: pg
                    endpoints: ["%s", "%s"]
                %s
                """.formatted(admin, first.address(), second.address(), more));
        browser = Browser.open(Files.createDirectory(folder.resolve("profile")));
        sluice = SluiceProcess.run("-c", file.toString());
        String line = sluice.awaitStderr("the admin interface", text -> text.startsWith(LINE));
        address = "http://" + line.substring(LINE.length()).replaceAll(",.*", "") + "/";
    }

    PageRig(Path folder) throws Exception {
        this(folder, "127.0.0.1:0", "");
    }

    /** Opens the page, and waits until it knows the proxy. */
    Browser open() throws Exception {
        browser.screen(1280, 800, "light");
        browser.go(address);
        browser.await("#state", "running");
        return browser;
    }

    Browser browser() {
        return browser;
    }

    String address() {
        return address;
    }

    SluiceProcess sluice() {
        return sluice;
    }

    /** A session of its own, which has said something. */
    Socket session() throws IOException {
        Socket session = TestClient.connect(sluice.port());
        sessions.add(session);
        talk(session, 1000);
        return session;
    }

    static void talk(Socket session, int bytes) throws IOException {
        assertEquals(bytes, TestClient.echo(session, new byte[bytes]).length);
    }

    /** What is known to the proxy, as JSON, by the page's own way. */
    String api(String path) {
        return browser.evaluate("fetch('api/v1/" + path + "').then(answer => answer.text())")
                .getAsString();
    }

    /** Ends the proxy as if it had died, and its sessions with it. */
    void kill() {
        sluice.signal("KILL");
        sluice.awaitExit();
    }

    void startAgain() {
        sluice = SluiceProcess.run("-c", file.toString());
    }

    /** Nobody has complained, and nobody else was asked. */
    void assertClean() {
        assertEquals(List.of(), browser.faults());
        List<String> foreign = browser.requests().stream()
                .filter(request -> !request.startsWith(address) && !request.equals("about:blank"))
                .toList();
        assertEquals(List.of(), foreign);
        assertTrue(browser.requests().size() > 10, "it has asked something");
    }

    @Override
    public void close() throws IOException {
        browser.close();
        for (Socket session : sessions) {
            session.close();
        }
        if (sluice.isRunning()) {
            assertEquals(0, sluice.terminate()); // what a check has open comes and goes: nothing to count
        }
        sluice.close();
        first.close();
        second.close();
    }
}
