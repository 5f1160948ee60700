package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The options of the JVM that runs sluice: it says nothing about methods that it does not find. */
class JvmOptionsTest {
    private static final String NOT_INLINED = "-XX:CompileCommand=dontinline,";

    @Test
    void whatIsNotInlinedIsThere() throws IOException, ClassNotFoundException {
        List<String> options = notInlined();
        assertTrue(options.size() > 1, options::toString);
        for (String option : options) {
            int colons = option.indexOf("::");
            String method = option.substring(colons + 2);
            Method[] methods = Class.forName(option.substring(NOT_INLINED.length(), colons))
                    .getDeclaredMethods();
            assertTrue(
                    method.equals("*")
                            || Arrays.stream(methods).anyMatch(m -> m.getName().equals(method)),
                    option);
        }
    }

    @Test
    void testsAreCompiledLikeThat() throws IOException {
        List<String> here = ManagementFactory.getRuntimeMXBean().getInputArguments();
        assertTrue(here.containsAll(notInlined()), here::toString);
    }

    private static List<String> notInlined() throws IOException {
        try (var lines = Files.lines(Path.of("src/main/dist/jvm.options"))) {
            return lines.filter(line -> line.startsWith(NOT_INLINED)).toList();
        }
    }
}
