package dev.sluice.tests.page;

import dev.sluice.tests.testkit.Backend;
import dev.sluice.tests.testkit.SluiceProcess;
import dev.sluice.tests.testkit.TestClient;
import dev.sluice.tests.testkit.Workers;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Makes the pictures of the page in docs/pictures: two databases and a cache with clients of some kinds, and a third database that is
 * down. No test; it runs when it is asked for by name ({@code -Dtest=Pictures}).
 */
class Pictures {
    private static final Path FOLDER = SluiceProcess.HOME.resolve("docs/pictures");
    private static final int CLIENTS = 36;
    private static final int BULK_CLIENTS = 3;
    private static final long MILLIS = Long.getLong("sluice.pictures.millis", 150_000);
    private static final int MOST_HEIGHT = 1800;
    private static final int LARGE = 1 << 20;

    @TempDir
    private Path folder;

    private final List<Backend> servers = new ArrayList<>();
    private volatile boolean stopped;

    /** The answer to a number is as many bytes. */
    private static void serve(Socket socket) throws IOException {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        byte[] answer = new byte[LARGE];
        while (true) {
            int up = in.readInt();
            int down = in.readInt();
            in.skipNBytes(up);
            socket.getOutputStream().write(answer, 0, down);
        }
    }

    private static void ask(Socket socket, int up, int down) throws IOException {
        DataOutputStream out = new DataOutputStream(socket.getOutputStream());
        byte[] request = new byte[8 + up];
        request[0] = (byte) (up >> 24);
        request[1] = (byte) (up >> 16);
        request[2] = (byte) (up >> 8);
        request[3] = (byte) up;
        request[4] = (byte) (down >> 24);
        request[5] = (byte) (down >> 16);
        request[6] = (byte) (down >> 8);
        request[7] = (byte) down;
        out.write(request);
        socket.getInputStream().skipNBytes(down);
    }

    @Test
    void pictures() throws Exception {
        Path file = Files.writeString(folder.resolve("sluice.yaml"), """
                admin: 127.0.0.1:0
                access-log: off
                threads: 2
                listeners:
                  - {name: pg, bind: "127.0.0.1:0", upstream: pg}
                  - {name: cache, bind: "127.0.0.1:0", upstream: redis, relay: copy}
                upstreams:
                  - name: pg
                    endpoints: ["127.0.0.11:15432", "127.0.0.12:15432", "127.0.0.13:15432"]
                    health: {check: tcp, interval: 1s, fall: 2}
                  - name: redis
                    endpoints: ["127.0.0.21:16379"]
                    health: {check: tcp, interval: 1s}
                """);
        try {
            for (String host : List.of("127.0.0.11", "127.0.0.12", "127.0.0.13")) {
                servers.add(Backend.start(host, 15432, Pictures::serve));
            }
            servers.add(Backend.start("127.0.0.21", 16379, Pictures::serve));
            try (SluiceProcess sluice = SluiceProcess.run("-c", file.toString())) {
                sluice.awaitListening(2);
                try (Workers workers = new Workers()) {
                    begin(workers, port(sluice, 0), port(sluice, 1));
                    look(sluice);
                    stopped = true;
                }
                sluice.signal("KILL"); // what a check has open comes and goes: nothing to count
                sluice.awaitExit();
            }
        } finally {
            servers.forEach(Backend::close);
        }
    }

    private static int port(SluiceProcess sluice, int listener) {
        String address = sluice.listening(listener);
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    private void begin(Workers workers, int pg, int cache) {
        for (int i = 0; i < CLIENTS; i++) {
            Random random = new Random(i);
            workers.attend(() -> client(random.nextInt(3) == 0 ? cache : pg, random));
        }
        for (int i = 0; i < BULK_CLIENTS; i++) {
            Random random = new Random(-1 - i);
            workers.attend(() -> bulk(pg, random));
        }
        Random random = new Random(4711);
        workers.attend(() -> churn(pg, cache, random));
    }

    /** It stays, and says something now and then; when its server goes, it comes back. */
    private void client(int port, Random random) throws InterruptedException {
        Thread.sleep(random.nextInt(30_000));
        while (!stopped) {
            try (Socket socket = TestClient.connect(port)) {
                while (!stopped) {
                    ask(socket, 200 + random.nextInt(2000), random.nextInt(1 << 15));
                    Thread.sleep(50 + random.nextInt(300));
                }
            } catch (IOException e) {
                Thread.sleep(500);
            }
        }
    }

    private void bulk(int port, Random random) throws InterruptedException {
        while (!stopped) {
            try (Socket socket = TestClient.connect(port)) {
                for (int i = 0; i < 400 && !stopped; i++) {
                    double wave = 1 + Math.sin(System.nanoTime() / 9e9 + random.nextDouble() / 3);
                    ask(socket, random.nextInt(LARGE / 4), LARGE);
                    Thread.sleep((long) (10 + 60 * wave));
                }
            } catch (IOException e) {
                Thread.sleep(500);
            }
        }
    }

    private void churn(int pg, int cache, Random random) throws IOException, InterruptedException {
        while (!stopped) {
            Socket socket = TestClient.connect(random.nextInt(4) == 0 ? cache : pg);
            ask(socket, 100, random.nextInt(5000));
            if (random.nextInt(12) == 0) {
                socket.setSoLinger(true, 0);
            }
            socket.close();
            Thread.sleep((long) (40 + 160 * (1 + Math.sin(System.nanoTime() / 7e9)) + random.nextInt(60)));
        }
    }

    private void look(SluiceProcess sluice) throws Exception {
        String line = sluice.awaitStderr("the admin interface", text -> text.startsWith("sluice: admin interface on "));
        String address = "http://" + line.substring(line.lastIndexOf(' ') + 1) + "/";
        try (Browser browser = Browser.open(Files.createDirectory(folder.resolve("profile")))) {
            browser.screen(1280, 800, "light");
            browser.go(address);
            Thread.sleep(MILLIS * 2 / 3);
            servers.get(2).close();
            Thread.sleep(MILLIS / 3);
            Files.createDirectories(FOLDER);
            take(browser, 1280, "light", "dashboard-light");
            take(browser, 1280, "dark", "dashboard-dark");
            take(browser, 390, "light", "dashboard-390");
        }
    }

    /** From top to bottom. */
    private static void take(Browser browser, int width, String scheme, String name) throws Exception {
        browser.screen(width, 800, scheme);
        Thread.sleep(1000);
        int height = browser.evaluate("document.documentElement.scrollHeight").getAsInt();
        browser.screen(width, Math.min(height, MOST_HEIGHT), scheme);
        Thread.sleep(2500); // until it has been drawn again
        Files.write(FOLDER.resolve(name + ".png"), Png.small(browser.picture()));
    }
}
