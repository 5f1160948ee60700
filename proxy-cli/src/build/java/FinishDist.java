import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The last step of the build, run from its source: {@code java FinishDist.java DIST BUILD_START TRAIN}.
 *
 * <p>It trains the JVM's cache of the start-up on the command that matters, {@code run -c} with a few connections, and then marks the
 * folder as complete, as of the time the build began: sources changed since then make it stale. Only a JVM that is the one that
 * trained the cache may use it, so that JVM's own {@code release} file is kept beside it. Without a cache everything works, a
 * little slower to start; a failed training is therefore a line of text and no more. What the cache would not take of the libraries is
 * renewed first ({@code OldClasses}).
 */
public final class FinishDist {
    private static final Path JAVA_HOME = Path.of(System.getProperty("java.home"));
    private static final Pattern LISTENING = Pattern.compile("listening on 127\\.0\\.0\\.1:(\\d+)");
    private static final int FIRST_WITH_ONE_STEP_TRAINING = 25;
    private static final int CONNECTIONS = 4;
    private static final long TIMEOUT_S = 60;

    /** With a file: what `run` does with options alone is a part of what it does then. A key of every shape is in it. */
    private static final String CONFIG = """
            access-log: {format: text}
            drain-timeout: ${DRAIN:-30s}
            listeners:
              - name: training
                bind: 127.0.0.1:0
                upstream: training
                tcp:
                  keepalive: {idle: 60s}
            upstreams:
              - name: training
                endpoints: ["127.0.0.1:%d"]
            """;

    private FinishDist() {}

    public static void main(String[] args) throws IOException {
        Path dist = Path.of(args[0]).toAbsolutePath();
        boolean train = Boolean.parseBoolean(args[2]) && Runtime.version().feature() >= FIRST_WITH_ONE_STEP_TRAINING;
        if (train && !cacheFits(dist)) {
            try {
                renewClasses(dist.resolve("lib"));
                train(dist);
            } catch (IOException | InterruptedException e) {
                System.out.println("no start-up cache: " + e.getMessage());
            }
        }
        Path complete = dist.resolve("complete");
        Files.writeString(complete, "");
        Files.setLastModifiedTime(complete, FileTime.from(Instant.parse(args[1])));
    }

    /** Whether there is a cache, of this JVM, made after everything that it was made of. */
    private static boolean cacheFits(Path dist) throws IOException {
        Path cache = dist.resolve("sluice.aot");
        Path trainer = dist.resolve("sluice.aot.jvm");
        if (!Files.exists(cache)
                || !Files.exists(trainer)
                || Files.mismatch(trainer, JAVA_HOME.resolve("release")) != -1) {
            return false;
        }
        FileTime made = Files.getLastModifiedTime(cache);
        try (Stream<Path> files = Files.walk(dist)) {
            return files.filter(f -> f.toString().endsWith(".jar") || f.endsWith("jvm.options"))
                    .allMatch(f -> modified(f).compareTo(made) < 0);
        }
    }

    private static FileTime modified(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** In a process of its own: it is written for the JVM that trains, and this class runs on older ones, too. */
    private static void renewClasses(Path libraries) throws IOException, InterruptedException {
        try (Stream<Path> jars = Files.list(libraries)) {
            List<String> command = new ArrayList<>(
                    List.of(JAVA_HOME.resolve("bin/java").toString(), "src/build/java/OldClasses.java"));
            jars.map(Path::toString).filter(name -> name.endsWith(".jar")).forEach(command::add);
            int code = new ProcessBuilder(command).inheritIO().start().waitFor();
            if (code != 0) {
                throw new IOException("OldClasses ended with " + code);
            }
        }
    }

    private static void train(Path dist) throws IOException, InterruptedException {
        Path fresh = dist.resolve("sluice.aot.new");
        Path config = dist.resolve("training.yaml");
        try (ServerSocket origin = new ServerSocket(0, CONNECTIONS, InetAddress.getLoopbackAddress())) {
            Thread.ofPlatform().daemon().start(() -> echo(origin));
            List<String> command = new ArrayList<>(List.of(
                    JAVA_HOME.resolve("bin/java").toString(),
                    "@" + dist.resolve("jvm.options"),
                    "-XX:AOTCacheOutput=" + fresh,
                    "-jar",
                    dist.resolve("sluice.jar").toString()));
            Files.writeString(config, CONFIG.formatted(origin.getLocalPort()));
            command.addAll(List.of("run", "-c", config.toString()));
            ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD);
            builder.environment().keySet().removeIf(name -> name.startsWith("SLUICE_") || name.contains("JAVA_"));
            Process sluice = builder.start();
            CompletableFuture.runAsync(
                    () -> stop(sluice), CompletableFuture.delayedExecutor(TIMEOUT_S, TimeUnit.SECONDS));
            exercise(sluice);
        } catch (IOException e) {
            Files.deleteIfExists(fresh);
            throw e;
        } finally {
            Files.deleteIfExists(config);
            Files.deleteIfExists(dist.resolve("sluice.aot"));
        }
        if (!Files.exists(fresh)) {
            throw new IOException("the JVM made none");
        }
        Files.copy(JAVA_HOME.resolve("release"), dist.resolve("sluice.aot.jvm"), StandardCopyOption.REPLACE_EXISTING);
        Files.move(fresh, dist.resolve("sluice.aot"), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Waits until it listens, connects a few times, asks it to stop, and waits until it and its cache are done. */
    private static void exercise(Process sluice) throws IOException, InterruptedException {
        try (BufferedReader stderr =
                new BufferedReader(new InputStreamReader(sluice.getErrorStream(), StandardCharsets.UTF_8))) {
            for (String line = stderr.readLine(); line != null; line = stderr.readLine()) {
                Matcher listening = LISTENING.matcher(line);
                if (listening.find()) {
                    for (int i = 0; i < CONNECTIONS; i++) {
                        talk(Integer.parseInt(listening.group(1)));
                    }
                    sluice.toHandle().destroy(); // SIGTERM; Process.destroy would close the stream that is read here
                }
            }
            int code = sluice.waitFor();
            if (code != 0) {
                throw new IOException("`run` ended with " + code);
            }
        }
    }

    private static void talk(int port) throws IOException {
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            byte[] message = new byte[64 << 10];
            client.getOutputStream().write(message);
            client.shutdownOutput();
            if (client.getInputStream().readAllBytes().length != message.length) {
                throw new IOException("the proxy lost bytes");
            }
        }
    }

    private static void echo(ServerSocket origin) {
        try {
            while (true) {
                try (Socket connection = origin.accept()) {
                    connection.getInputStream().transferTo(connection.getOutputStream());
                }
            }
        } catch (IOException e) {
            // The training is over and its socket closed.
        }
    }

    private static void stop(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
