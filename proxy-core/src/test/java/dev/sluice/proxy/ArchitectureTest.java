package dev.sluice.proxy;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Which package of the proxy may know which other one: knowledge points downwards only. What a rule does not name is forbidden, libraries
 * among it; of the JDK, {@code module-info} lets in java.base only, and so neither HTTP nor logging.
 */
class ArchitectureTest {
    private static final String TOP = "dev.sluice.proxy";
    private static final String LINUX = "dev.sluice.linux";

    /** Package → the packages that it may know besides itself; without a dot: of the proxy. The empty name is the top package. */
    private static final Map<String, List<String>> MAY_KNOW = Map.ofEntries(
            Map.entry("config", List.<String>of()),
            Map.entry("cpu", List.of("config")),
            Map.entry("names", List.of(LINUX, "config")),
            Map.entry("roles", List.of(LINUX, "config")),
            Map.entry("proxyprotocol", List.of(LINUX, "config")),
            Map.entry("stats", List.of(LINUX, "config")),
            Map.entry("loop", List.of(LINUX, "stats", "config")),
            Map.entry("relay", List.of(LINUX, "stats", "config", "loop")),
            Map.entry("upstream", List.of(LINUX, "stats", "config", "loop")),
            Map.entry("listen", List.of(LINUX, "stats", "config", "loop")),
            Map.entry("health.dialogue", List.of("roles", "config")),
            Map.entry(
                    "health",
                    List.of(LINUX, "roles", "proxyprotocol", "stats", "config", "loop", "upstream", "health.dialogue")),
            Map.entry("arrive", List.of(LINUX, "stats", "config", "loop", "relay", "upstream", "listen")),
            Map.entry("takeover", List.of(LINUX, "loop", "listen")),
            Map.entry(
                    "control",
                    List.of(
                            LINUX,
                            "names",
                            "roles",
                            "stats",
                            "config",
                            "cpu",
                            "loop",
                            "relay",
                            "upstream",
                            "listen",
                            "arrive",
                            "health",
                            "takeover")),
            Map.entry("", List.of(LINUX, "names", "roles", "stats", "config", "control", "listen", "takeover")));

    private static final JavaClasses CLASSES = new ClassFileImporter().importPath(Path.of("target", "classes"));

    @TestFactory
    Stream<DynamicTest> arrowsPointDownwards() {
        return MAY_KNOW.keySet().stream()
                .sorted()
                .map(name -> DynamicTest.dynamicTest(
                        name.isEmpty() ? "top" : name,
                        () -> classes()
                                .that()
                                .resideInAPackage(qualified(name))
                                .should()
                                .onlyDependOnClassesThat()
                                .resideInAnyPackage(allowed(name))
                                .check(CLASSES)));
    }

    /** A package without a rule, or a rule without a package, would be a hole in the table above. */
    @Test
    void everyPackageHasItsRule() {
        Set<String> rules =
                MAY_KNOW.keySet().stream().map(ArchitectureTest::qualified).collect(Collectors.toSet());
        Set<String> packages = CLASSES.stream()
                .map(JavaClass::getPackageName)
                .filter(name -> !name.isEmpty()) // module-info
                .collect(Collectors.toSet());
        assertEquals(rules, packages);
    }

    private static String[] allowed(String name) {
        List<String> packages = new ArrayList<>(List.of("java..", "org.jspecify.annotations"));
        packages.add(qualified(name));
        MAY_KNOW.getOrDefault(name, List.<String>of()).forEach(other -> packages.add(qualified(other)));
        return packages.toArray(String[]::new);
    }

    private static String qualified(String name) {
        return name.isEmpty() ? TOP : name.equals(LINUX) ? name : TOP + "." + name;
    }
}
