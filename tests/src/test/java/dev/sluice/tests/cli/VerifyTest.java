package dev.sluice.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Script;
import dev.sluice.tests.testkit.SluiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** ./verify: what it fetches before the build, and what it says behind it. */
@Timeout(60)
class VerifyTest {
    private static final String BUILDING = "verify: building github.com/Shopify/toxiproxy/";

    /** Stands in for Maven: leaves a report of each kind of skipped test, and fails when it is told to. */
    private static final String STAND_IN_FOR_MAVEN = """
            #!/bin/sh
            mkdir -p tests/target/surefire-reports
            cat > tests/target/surefire-reports/TEST-a.b.SomeTest.xml << 'END'
            <testsuite>
              <testcase name="runs" classname="a.b.SomeTest" time="0.1"/>
              <testcase name="one" classname="a.b.SomeTest" time="0.1">
                <skipped type="org.opentest4j.TestAbortedException"><![CDATA[org.opentest4j.TestAbortedException: Assumption failed: needs a moon
            \tat a.b.SomeTest.one(SomeTest.java:1)
            ]]></skipped>
              </testcase>
              <testcase name="two" classname="a.b.SomeTest" time="0.1">
                <skipped type="org.opentest4j.TestAbortedException"><![CDATA[org.opentest4j.TestAbortedException: Assumption failed: needs a moon
            ]]></skipped>
              </testcase>
              <testcase name="three" classname="a.b.SomeTest" time="0.1">
                <skipped message="not &lt;today&gt; &amp; not tomorrow"/>
              </testcase>
            </testsuite>
            END
            cat > tests/target/surefire-reports/TEST-a.b.OtherTest.xml << 'END'
            <testsuite>
              <testcase name="initializationError" classname="a.b.OtherTest" time="0.0">
                <skipped type="org.opentest4j.TestAbortedException"><![CDATA[org.opentest4j.TestAbortedException: Assumption failed: needs a server
            ]]></skipped>
              </testcase>
            </testsuite>
            END
            [ ! -e broken ]
            """;

    /** Stands in for Go: has the empty folder gopath, and builds a Toxiproxy that knows its name. */
    private static final String STAND_IN_FOR_GO = """
            #!/bin/sh
            case "$1 $2" in
                'env GOBIN') ;;
                'env GOPATH') echo "${0%/*}/gopath" ;;
                'install '*)
                    [ ! -e "${0%/*}/offline" ] || { echo 'first of all'; echo 'no such host'; exit 1; } >&2
                    printf '#!/bin/sh\\necho toxiproxy-server version git\\n' > "$GOBIN/server"
                    chmod +x "$GOBIN/server"
                    ;;
            esac
            """;

    @TempDir
    private Path temp;

    private Path tree;
    private Path tools;

    @BeforeEach
    void checkout() throws IOException {
        tree = Files.createDirectories(temp.resolve("a checkout"));
        for (String file :
                List.of("verify", ".mvn/find-jdk.sh", "tests/tools/toxiproxy.sh", "tests/tools/skipped.awk")) {
            Files.createDirectories(tree.resolve(file).getParent());
            Files.copy(SluiceProcess.HOME.resolve(file), tree.resolve(file), StandardCopyOption.COPY_ATTRIBUTES);
        }
        Script.write(tree.resolve("mvnw"), STAND_IN_FOR_MAVEN);
        tools = Files.createDirectories(temp.resolve("bin"));
        for (String tool : List.of(
                "awk",
                "cat",
                "chmod",
                "dirname",
                "find",
                "grep",
                "mkdir",
                "mktemp",
                "readlink",
                "rm",
                "tail",
                "timeout")) {
            Script.write(tools.resolve(tool), "#!/bin/sh\nexec /usr/bin/" + tool + " \"$@\"\n");
        }
    }

    /** With Go or without, and no other Toxiproxy on the machine. */
    private Script.Result verify(String... arguments) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of(tree.resolve("verify").toString()));
        words.addAll(List.of(arguments));
        ProcessBuilder command = new ProcessBuilder(words).directory(temp.toFile());
        command.environment().put("PATH", tools.toString());
        command.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return Script.run(temp, command);
    }

    private void installGo() throws IOException {
        Script.write(tools.resolve("go"), STAND_IN_FOR_GO);
    }

    private Path built() {
        return tree.resolve("target/tools/server");
    }

    @Test
    void whatWasSkippedIsSaidAtTheEndInOneBlock() throws Exception {
        Script.Result result = verify();
        assertEquals(0, result.code(), result::err);
        List<String> lines = result.out().lines().toList();
        assertEquals("verify: skipped, and what would run it:", lines.getFirst(), result::out);
        assertEquals("verify: passed", lines.getLast(), result::out);
        assertEquals(
                List.of(
                        "      1 of SomeTest: not <today> & not tomorrow",
                        "      2 of SomeTest: needs a moon",
                        "    all of OtherTest: needs a server"),
                lines.subList(1, lines.size() - 1).stream().sorted().toList());
    }

    @Test
    void anOlderReportIsNotThisRuns() throws Exception {
        assertEquals(0, verify().code());
        Script.write(tree.resolve("mvnw"), "#!/bin/sh\n");
        Thread.sleep(50); // the clock of files ticks by the hundredth of a second
        assertEquals("verify: passed\n", verify().out());
    }

    @Test
    void aFailureIsVerifysOwnAndTheBlockIsSaidAllTheSame() throws Exception {
        Files.createFile(tree.resolve("broken"));
        Script.Result result = verify();
        assertEquals(1, result.code());
        assertTrue(result.out().contains("needs a moon"), result::out);
        assertFalse(result.out().contains("passed"), result::out);
    }

    @Test
    void toxiproxyIsBuiltOnceWhereThereIsGo() throws Exception {
        installGo();
        Script.Result first = verify();
        assertEquals(0, first.code(), first::err);
        assertTrue(first.out().startsWith(BUILDING), first::out);
        assertTrue(Files.isExecutable(built()));
        Script.Result second = verify();
        assertEquals(0, second.code(), second::err);
        assertFalse(second.out().contains("building"), second::out);
    }

    @Test
    void whatCannotBeBuiltIsSaidAndTheBuildGoesOn() throws Exception {
        installGo();
        Files.createFile(tools.resolve("offline"));
        Script.Result result = verify();
        assertEquals(0, result.code(), result::err);
        assertTrue(result.out().contains("could not be built: no such host\n"), result::out);
    }

    @Test
    void nothingIsBuiltForWhoHasOneOrNoUseForIt() throws Exception {
        assertFalse(verify().out().contains("building"), "without Go");
        installGo();
        assertFalse(verify("-pl", "native-shim", "-am").out().contains("building"), "for another module");
        assertFalse(verify("-DskipTests").out().contains("building"), "without tests");
        Script.write(tools.resolve("toxiproxy-server"), "#!/bin/sh\necho toxiproxy-server version 2.12.0\n");
        assertFalse(verify().out().contains("building"), "where there is one");
        assertFalse(Files.exists(built()));
    }

    @Test
    void anotherServerIsNotTakenForToxiproxy() throws Exception {
        installGo();
        Path bin = Files.createDirectories(tools.resolve("gopath/bin"));
        Script.write(bin.resolve("server"), "#!/bin/sh\necho a server of its own\n");
        assertTrue(verify("-pl", "tests", "-am").out().startsWith(BUILDING));
        assertTrue(Files.isExecutable(built()));
    }
}
