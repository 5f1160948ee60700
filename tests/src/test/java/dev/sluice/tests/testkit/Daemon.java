package dev.sluice.tests.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server that a test starts, in the foreground, and ends. */
public final class Daemon implements AutoCloseable {
    private final Process process;
    private final Path log;

    private Daemon(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /**
     * Starts a server and waits until it accepts connections on a port of 127.0.0.1.
     *
     * @param folder where it runs and where its words go
     */
    public static Daemon start(Path folder, int port, List<String> command) {
        return start(folder, new InetSocketAddress(InetAddress.getLoopbackAddress(), port), command);
    }

    /** The same with another address. */
    public static Daemon start(Path folder, InetSocketAddress address, List<String> command) {
        try {
            Path log = Files.createTempFile(folder, "daemon", ".log");
            Process process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            Daemon daemon = new Daemon(process, log);
            try {
                daemon.awaitAccepting(address);
            } catch (AssertionError e) {
                daemon.close();
                throw e;
            }
            return daemon;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void awaitAccepting(InetSocketAddress address) throws IOException {
        long end = System.nanoTime() + SluiceProcess.PATIENCE.toNanos();
        while (System.nanoTime() < end && process.isAlive()) {
            if (accepts(address)) {
                return;
            }
            pause();
        }
        throw new AssertionError("does not serve: " + process.info() + "\n" + Files.readString(log));
    }

    /** Whether anybody accepts connections there. */
    public static boolean accepts(InetSocketAddress address) {
        try (Socket socket = new Socket()) {
            socket.connect(address);
            return true;
        } catch (IOException refused) {
            return false;
        }
    }

    private static void pause() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** All that it has said. */
    public String log() {
        try {
            return Files.readString(log, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public boolean isRunning() {
        return process.isAlive();
    }

    /** Sends a signal by its name without {@code SIG}. */
    public void signal(String name) {
        Proc.signal(process.pid(), name);
    }

    /** Ends it at once (SIGKILL), and returns when it has ended, and its children, too, which are left to find out by themselves. */
    public void kill() throws InterruptedException {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroyForcibly();
        long end = System.nanoTime() + SluiceProcess.PATIENCE.toNanos();
        while (process.isAlive() || children.stream().anyMatch(child -> Proc.runs(child.pid()))) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("is not killed: " + process.info());
            }
            Thread.sleep(2);
        }
    }

    /** Ends it in its own way, or by force when that takes too long. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
