package dev.sluice.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.tests.testkit.Script;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher script: which JVM it picks, when it builds, and that it leaves no trace of itself in what the command says. */
class LauncherTest {
    private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
    private static final Path DIST = HOME.resolve("proxy-cli/target/dist");
    private static final String NOBODY = "65534";
    private static final long TIMEOUT_S = 60;

    /** Stands in for Maven: counts its runs, says what Maven says, and delivers the real build's result. */
    private static final String STAND_IN_FOR_MAVEN = """
            #!/bin/sh
            set -e
            echo run >> runs
            sleep 0.3
            echo '[INFO] Building native-shim 0.1.0-SNAPSHOT      [2/4]'
            [ ! -e broken ] || { echo 'does not compile'; exit 1; }
            mkdir -p proxy-cli/target
            rm -rf proxy-cli/target/dist
            cp -r %s proxy-cli/target/dist
            touch proxy-cli/target/dist/complete
            """.formatted(DIST);

    @TempDir
    Path temp;

    @BeforeEach
    void built() {
        assertTrue(Files.exists(DIST.resolve("complete")), "not packaged: " + DIST);
    }

    @Test
    void worksFromAnyFolderAndThroughASymlink() throws Exception {
        Path link = Files.createSymbolicLink(temp.resolve("sl"), HOME.resolve("sluice"));
        ProcessBuilder command = command(link, "--version");
        command.environment().put("SLUICE_BUILD", "never");
        Script.Result result = run(command);
        assertEquals(0, result.code(), result.err());
        assertTrue(result.out().startsWith("sluice "), result.out());
        assertEquals("", result.err());
        Files.delete(link);
    }

    @Test
    void exitCodeIsTheCommands() throws Exception {
        Script.Result result = run(sluice("--no-such-flag"));
        assertEquals(2, result.code());
        assertEquals("", result.out());
    }

    @Test
    void becomesTheJavaProcess() throws Exception {
        Process process = sluice("run", "--listen", "127.0.0.1:0", "--to", "127.0.0.1:1")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (var err = process.errorReader()) {
            String line = err.readLine();
            assertTrue(line != null && line.startsWith("sluice: listening on "), line);
            Path program = Files.readSymbolicLink(Path.of("/proc", Long.toString(process.pid()), "exe"));
            assertEquals("java", program.getFileName().toString());
            process.destroy();
            assertTrue(process.waitFor(TIMEOUT_S, TimeUnit.SECONDS));
            assertEquals(0, process.exitValue());
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void anOldJavaHomeIsPassedOver() throws Exception {
        ProcessBuilder command = sluice("--version");
        command.environment().put("JAVA_HOME", oldJdk().toString());
        Script.Result result = run(command);
        assertEquals(0, result.code(), result.err());
        assertEquals("", result.err());
    }

    @Test
    void withoutAJdkItSaysSoInOneLine() throws Exception {
        Script.Result result = run(withoutJdk());
        assertEquals(2, result.code());
        assertEquals("", result.out());
        assertEquals(
                "sluice: needs a JDK 22 or newer to run (none found): install one, or set JAVA_HOME to it\n",
                result.err());
    }

    @Test
    void withAnOldJdkOnlyItNamesIt() throws Exception {
        Path old = oldJdk();
        ProcessBuilder command = withoutJdk();
        command.environment().put("JAVA_HOME", old.toString());
        Script.Result result = run(command);
        assertEquals(2, result.code());
        assertTrue(result.err().contains(" at " + old + ")"), result.err());
        assertEquals(1, result.err().lines().count(), result.err());
    }

    @Test
    void optionsForTheJvmAreWords() throws Exception {
        ProcessBuilder command = sluice("--version");
        command.environment().put("SLUICE_JAVA_OPTS", "-Xmx64m -XshowSettings:vm");
        Script.Result result = run(command);
        assertEquals(0, result.code(), result.err());
        assertTrue((result.out() + result.err()).contains("Max. Heap Size: 64.00M"), result.err());
    }

    @Test
    void anotherUserRunsWhatIsBuilt() throws Exception {
        assumeOtherUserCanRead(HOME);
        Script.Result result = run(asNobody(sluice("--version")));
        assertEquals(0, result.code(), result.err());
        assertTrue(result.out().startsWith("sluice "), result.out());
    }

    @Test
    void buildsOnceWhenNothingIsBuilt() throws Exception {
        Path tree = checkout();
        Script.Result first = run(command(tree.resolve("sluice"), "--version"));
        assertEquals(0, first.code(), first.err());
        assertTrue(first.out().startsWith("sluice ") && first.out().lines().count() == 1, first.out());
        assertEquals("sluice: building (first run, about a minute)…\nsluice:   native-shim\n", first.err());

        Script.Result second = run(command(tree.resolve("sluice"), "--version"));
        assertEquals("", second.err());
        assertEquals(1, builds(tree));
    }

    @Test
    void twoFirstRunsBuildOnce() throws Exception {
        Path tree = checkout();
        List<Process> both = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            both.add(command(tree.resolve("sluice"), "--version")
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start());
        }
        for (Process process : both) {
            assertTrue(process.waitFor(TIMEOUT_S, TimeUnit.SECONDS));
            assertEquals(0, process.exitValue());
        }
        assertEquals(1, builds(tree));
    }

    @Test
    void buildsAgainWhenASourceIsNewer() throws Exception {
        Path tree = checkout();
        assertEquals(0, run(command(tree.resolve("sluice"), "--version")).code());
        touch(tree.resolve("native-shim/src/main/java/A.java"));
        Script.Result result = run(command(tree.resolve("sluice"), "--version"));
        assertTrue(result.err().startsWith("sluice: building, since the sources changed…\n"), result.err());
        assertEquals(2, builds(tree));
    }

    @Test
    void neverBuildsWhenToldSo() throws Exception {
        Path tree = checkout();
        assertEquals(0, run(command(tree.resolve("sluice"), "--version")).code());
        touch(tree.resolve("pom.xml"));
        ProcessBuilder command = command(tree.resolve("sluice"), "--version");
        command.environment().put("SLUICE_BUILD", "never");
        assertEquals("", run(command).err());
        assertEquals(1, builds(tree));
    }

    @Test
    void withNothingBuiltAndNoBuildingItSaysSo() throws Exception {
        ProcessBuilder command = command(checkout().resolve("sluice"), "--version");
        command.environment().put("SLUICE_BUILD", "never");
        Script.Result result = run(command);
        assertEquals(1, result.code());
        assertTrue(result.err().startsWith("sluice: not built yet"), result.err());
        assertEquals(1, result.err().lines().count(), result.err());
    }

    @Test
    void aFailedBuildNamesItsLog() throws Exception {
        Path tree = checkout();
        Files.createFile(tree.resolve("broken"));
        Script.Result result = run(command(tree.resolve("sluice"), "--version"));
        assertEquals(1, result.code());
        assertEquals("", result.out());
        assertTrue(result.err().contains(tree.resolve("target/build.log").toString()), result.err());
        assertTrue(result.err().contains("does not compile"), result.err());
    }

    @Test
    void whoCannotBuildRunsWhatIsThere() throws Exception {
        Path tree = checkout();
        assertEquals(0, run(command(tree.resolve("sluice"), "--version")).code());
        touch(tree.resolve("pom.xml"));
        Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxr-xr-x"));
        assumeOtherUserCanRead(tree);
        Script.Result result = run(asNobody(command(tree.resolve("sluice"), "--version")));
        assertEquals(0, result.code(), result.err());
        assertTrue(result.err().startsWith("sluice: the sources are newer than what was built"), result.err());
        assertEquals(1, result.err().lines().count(), result.err());
    }

    /** A tree with the real launcher, sources that nobody compiles, and a stand-in for Maven. */
    private Path checkout() throws IOException {
        Path tree = Files.createDirectories(temp.resolve("a checkout"));
        Files.copy(HOME.resolve("sluice"), tree.resolve("sluice"), StandardCopyOption.COPY_ATTRIBUTES);
        Files.createDirectories(tree.resolve(".mvn"));
        Files.copy(HOME.resolve(".mvn/find-jdk.sh"), tree.resolve(".mvn/find-jdk.sh"));
        Files.createDirectories(tree.resolve("native-shim/src/main/java"));
        Files.createFile(tree.resolve("pom.xml"));
        Files.createFile(tree.resolve("native-shim/src/main/java/A.java"));
        Script.write(tree.resolve("mvnw"), STAND_IN_FOR_MAVEN);
        return tree;
    }

    private static int builds(Path tree) throws IOException {
        return Files.readAllLines(tree.resolve("runs")).size();
    }

    /** Makes a file clearly newer than what was built. */
    private static void touch(Path file) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(2)));
    }

    /** The real launcher. It must not build: whoever runs these tests is the build. */
    private ProcessBuilder sluice(String... arguments) {
        ProcessBuilder command = command(HOME.resolve("sluice"), arguments);
        command.environment().put("SLUICE_BUILD", "never");
        return command;
    }

    /** A command, run in the temporary folder, that is free to pick its JVM and to build. */
    private ProcessBuilder command(Path program, String... arguments) {
        List<String> words = new ArrayList<>(List.of(arguments));
        words.addFirst(program.toString());
        ProcessBuilder builder = new ProcessBuilder(words).directory(temp.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("SLUICE_") || name.contains("JAVA_"));
        return builder;
    }

    /** A command that finds the few tools that the launcher uses, and no java. */
    private ProcessBuilder withoutJdk() throws IOException {
        Path tools = Files.createDirectories(temp.resolve("bin"));
        for (String tool : List.of("readlink", "find", "cat")) {
            Script.write(tools.resolve(tool), "#!/bin/sh\nexec /usr/bin/" + tool + " \"$@\"\n");
        }
        ProcessBuilder command = sluice("--version");
        command.environment().putAll(Map.of("PATH", tools.toString(), "SLUICE_JDK_FOLDERS", "/nonexistent/*"));
        return command;
    }

    private static ProcessBuilder asNobody(ProcessBuilder command) {
        command.command()
                .addAll(
                        0,
                        List.of(
                                "setpriv",
                                "--reuid=" + NOBODY,
                                "--regid=" + NOBODY,
                                "--clear-groups",
                                "env",
                                "HOME=/"));
        return command;
    }

    private static void assumeOtherUserCanRead(Path folder) throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root, who alone can become another user");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "needs setpriv (Debian package util-linux)");
        for (Path parent = folder.toRealPath(); parent != null; parent = parent.getParent()) {
            assumeTrue(
                    Files.getPosixFilePermissions(parent).contains(PosixFilePermission.OTHERS_EXECUTE),
                    "needs folders that another user may enter (chmod o+x): " + parent);
        }
    }

    private static Path oldJdk() throws IOException {
        Path folder = Path.of("/usr/lib/jvm");
        assumeTrue(Files.isDirectory(folder), "needs a JDK older than 22 in " + folder);
        var old = FileSystems.getDefault().getPathMatcher("glob:{java,jdk}-{8,11,17,21}-*");
        try (Stream<Path> homes = Files.list(folder)) {
            var found = homes.filter(home -> old.matches(home.getFileName()) && Files.exists(home.resolve("bin/java")))
                    .findFirst();
            assumeTrue(found.isPresent(), "needs a JDK older than 22 in " + folder);
            return found.orElseThrow();
        }
    }

    private Script.Result run(ProcessBuilder command) throws IOException, InterruptedException {
        return Script.run(temp, command);
    }
}
