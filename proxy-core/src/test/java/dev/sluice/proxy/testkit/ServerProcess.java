package dev.sluice.proxy.testkit;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real server that a test starts, under a user without privileges, and ends. Where there is none, the test is skipped. */
public final class ServerProcess implements AutoCloseable {
    private static final String NOBODY = "65534";

    private final Path log;
    private final Process process;

    private ServerProcess(Path log, Process process) {
        this.log = log;
        this.process = process;
    }

    /** A folder of the user without privileges, with all above it open to him. */
    public static Path folder() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory(Path.of("/tmp"), "sluice-server");
        if (isRoot()) {
            run(List.of("chown", NOBODY, folder.toString()));
        }
        return folder;
    }

    /** Deletes a folder with all that is in it. */
    public static void delete(Path folder) throws IOException, InterruptedException {
        run(List.of("rm", "-rf", folder.toString()));
    }

    /** The program of this name, in one of these folders or on PATH; without it the test is skipped. */
    public static String needs(String program, String debianPackage, String... folders) {
        Stream<String> path = Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1));
        return Stream.concat(Stream.of(folders), path)
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst()
                .orElseGet(() -> {
                    assumeTrue(false, "needs " + program + " (Debian package " + debianPackage + ")");
                    return "";
                });
    }

    /** A port of this machine that nobody has now, and that the kernel gives to no client (ip(7), ip_local_port_range). */
    public static int freePort() {
        int port;
        do {
            port = ThreadLocalRandom.current().nextInt(16_384, 32_768);
        } while (!isFree(port));
        return port;
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1)) {
            return socket.isBound();
        } catch (IOException taken) {
            return false;
        }
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static List<String> unprivileged(List<String> command) {
        if (!isRoot()) {
            return command;
        }
        String setpriv = needs("setpriv", "util-linux");
        List<String> all = new ArrayList<>(List.of(
                setpriv, "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", "env", "HOME=/", "LC_ALL=C"));
        all.addAll(command);
        return all;
    }

    private static void run(List<String> command) throws IOException, InterruptedException {
        Process process = quiet(command).start();
        String said = all(process);
        if (process.waitFor() != 0) {
            throw new AssertionError(command + ": " + said);
        }
    }

    /** Runs a command to its end, as the user without privileges; it must succeed. */
    public static void prepare(String... command) throws IOException, InterruptedException {
        run(unprivileged(List.of(command)));
    }

    /** What a command says, whether or not it succeeds. */
    public static String said(String... command) throws IOException, InterruptedException {
        Process process = quiet(unprivileged(List.of(command))).start();
        String said = all(process);
        process.waitFor();
        return said;
    }

    /** It hears nothing: a pipe for that would be closed some time after its end, by another thread. */
    private static ProcessBuilder quiet(List<String> command) {
        return new ProcessBuilder(command).redirectErrorStream(true).redirectInput(new File("/dev/null"));
    }

    private static String all(Process process) throws IOException {
        try (InputStream said = process.getInputStream()) {
            return new String(said.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Starts a server in the foreground. */
    public static ServerProcess start(Path folder, String... command) throws IOException {
        Path log = Files.createTempFile("sluice-server", ".log");
        ProcessBuilder builder =
                quiet(unprivileged(List.of(command))).directory(folder.toFile()).redirectOutput(log.toFile());
        // A server that looks its clients up must not wait long for that (resolv.conf(5)).
        builder.environment().put("RES_OPTIONS", "timeout:1 attempts:1");
        Process process = builder.start();
        return new ServerProcess(log, process);
    }

    /** All that it has said. */
    public String log() {
        try {
            return Files.readString(log, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Waits until it has said this. */
    public void awaitLog(String text) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!log().contains(text)) {
            if (System.nanoTime() - deadline > 0 || !process.isAlive()) {
                throw new AssertionError("waited for '" + text + "' in vain: " + log());
            }
            ProxyRig.pause(20);
        }
    }

    /** Sends it a signal, as kill(1) calls it. */
    public void signal(String name) throws IOException, InterruptedException {
        run(List.of("kill", "-" + name, String.valueOf(process.pid())));
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        Files.delete(log);
    }
}
