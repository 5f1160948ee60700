package dev.sluice.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Platforms without a kernel to open, and the message there. */
class PlatformTest {
    private static final String DENIED = "this JVM denies native access: start java with --enable-native-access=";

    @Test
    void otherPlatforms() {
        assertEquals("Linux is required, this is Mac OS X", refusal("Mac OS X", "aarch64"));
        assertEquals("an x86-64 or aarch64 JVM is required, this one is riscv64", refusal("Linux", "riscv64"));
        Platform.check("Linux", "amd64");
        Platform.check("Linux", "aarch64");
    }

    private static String refusal(String system, String architecture) {
        return String.valueOf(
                assertThrows(UnsupportedPlatformException.class, () -> Platform.check(system, architecture))
                        .getMessage());
    }

    @Test
    void deniedOnTheClassPath() throws Exception {
        assertEquals(new Ended(1, DENIED + "ALL-UNNAMED\n"), java(false));
    }

    @Test
    void deniedInAModule() throws Exception {
        assertEquals(new Ended(1, DENIED + "dev.sluice.linux\n"), java(true));
    }

    @Test
    void remedyHelps() throws Exception {
        assertEquals(new Ended(0, ""), java(false, "--enable-native-access=ALL-UNNAMED"));
        assertEquals(new Ended(0, ""), java(true, "--enable-native-access=dev.sluice.linux"));
    }

    private record Ended(int status, String output) {}

    /** {@link OpenKernel} in a JVM that denies native access to who has not been granted it. */
    private static Ended java(boolean module, String... options) throws Exception {
        assumeTrue(Runtime.version().feature() >= 24, "needs a JDK 24 or newer, where --illegal-native-access is");
        String main = rootOf(LinuxKernel.class);
        String test = rootOf(OpenKernel.class);
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "--illegal-native-access=deny"));
        command.addAll(List.of(options));
        command.addAll(
                module
                        ? List.of("-p", main, "--patch-module", "dev.sluice.linux=" + test, "-m")
                        : List.of("-cp", main + ":" + test));
        command.add((module ? "dev.sluice.linux/" : "") + OpenKernel.class.getName());
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().remove("JAVA_TOOL_OPTIONS"); // the JVM would say that it picked them up
        builder.environment().remove("JDK_JAVA_OPTIONS");
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), output);
    }

    /** The folder that a class was loaded from, also where one patches a module with the other. */
    private static String rootOf(Class<?> type) throws Exception {
        String file = type.getName().replace('.', '/') + ".class";
        URI uri = Objects.requireNonNull(type.getResource(type.getSimpleName() + ".class"))
                .toURI();
        String path = Path.of(uri).toString();
        return path.substring(0, path.length() - file.length() - 1);
    }
}
