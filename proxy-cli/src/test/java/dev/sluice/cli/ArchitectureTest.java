package dev.sluice.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Commands do not know each other, what they share does not know them, and only the public parts of the proxy are used. */
class ArchitectureTest {
    private static final String[] COMMANDS = {"run", "demo", "doctor", "bench", "check", "ask", "wait"};
    private static final String[] BENCH_PARTS = {"load", "lab", "watch"};
    private static final String[] SHARED = {
        "common", "file", "log", "machine", "names", "options", "progress", "roles", "text", "yaml"
    };

    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.sluice.cli");

    @Test
    void noCycles() {
        slices().matching("dev.sluice.cli.(*)..").should().beFreeOfCycles().check(classes);
    }

    /** The parts of bench do not know the commands that put them together, nor do those that measure know each other. */
    @Test
    void partsOfBench() {
        slices().matching("dev.sluice.cli.bench.(*)..")
                .should()
                .beFreeOfCycles()
                .check(classes);
        for (String whole : new String[] {"dev.sluice.cli.bench", "dev.sluice.cli.bench.techniques"}) {
            noClasses()
                    .that()
                    .resideInAPackage(whole + ".*..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage(whole)
                    .check(classes);
        }
        for (String part : BENCH_PARTS) {
            for (String other : BENCH_PARTS) {
                if (!other.equals(part)) {
                    none("bench." + part, "bench." + other);
                }
            }
        }
    }

    @Test
    void commandsDoNotKnowEachOther() {
        for (String command : COMMANDS) {
            for (String other : COMMANDS) {
                if (!other.equals(command)) {
                    none(command, other);
                }
            }
        }
    }

    @Test
    void whatIsSharedDoesNotKnowTheCommands() {
        for (String shared : SHARED) {
            for (String command : COMMANDS) {
                none(shared, command);
            }
            noClasses()
                    .that()
                    .resideInAPackage("dev.sluice.cli." + shared + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("dev.sluice.cli")
                    .check(classes);
        }
    }

    private void none(String from, String to) {
        noClasses()
                .that()
                .resideInAPackage("dev.sluice.cli." + from + "..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.sluice.cli." + to + "..")
                .check(classes);
    }

    /** `run` starts without libraries that other commands need. */
    @Test
    void runAndWhatIsSharedDoWithoutLibraries() {
        List<String> packages = new ArrayList<>(List.of(SHARED));
        packages.remove("progress");
        packages.add("run");
        noClasses()
                .that()
                .resideInAnyPackage(packages.stream()
                        .map(name -> "dev.sluice.cli." + name + "..")
                        .toArray(String[]::new))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "com.grack..", "me.tongfei..", "org.HdrHistogram..", "org.jline..", "dev.sluice.cli.progress..")
                .check(classes);
    }

    /** What drives terminals is behind one class; the client of the admin interface does not know who asks by it. */
    @Test
    void onlyOneKnowsTheLibraryOfScreens() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("dev.sluice.cli.ask.top.Screen")
                .and()
                .doNotHaveFullyQualifiedName("dev.sluice.cli.ask.top.Screen$1")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.jline..")
                .check(classes);
        noClasses()
                .that()
                .resideInAPackage("dev.sluice.cli.ask.client")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.sluice.cli.ask", "dev.sluice.cli.ask.top")
                .check(classes);
    }

    /** The library that reads YAML is behind one class, and what knows keys does not know YAML's syntax. */
    @Test
    void onlyOneKnowsTheYamlLibrary() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("dev.sluice.cli.yaml.Composer")
                .and()
                .doNotHaveFullyQualifiedName("dev.sluice.cli.yaml.Composer$1")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.snakeyaml..")
                .check(classes);
    }

    /** What a message of DNS looks like is known to those who ask; the resolver itself starts without the library. */
    @Test
    void onlyNamesKnowDns() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.sluice.cli.names")
                .or()
                .haveSimpleName("DnsResolver")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.xbill..", "org.slf4j..")
                .check(classes);
    }

    /** The drivers, and what they bring of the JDK, are behind one package. */
    @Test
    void onlyRolesKnowDrivers() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.sluice.cli.roles")
                .or()
                .haveSimpleName("DriverRoles")
                .or()
                .haveSimpleName("PasswordFiles")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.sql..", "javax.sql..", "org.postgresql..", "org.mariadb..")
                .check(classes);
    }

    @Test
    void onlyThePublicPartsOfTheProxy() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.sluice.proxy.loop..",
                        "dev.sluice.proxy.relay..",
                        "dev.sluice.proxy.listen..",
                        "dev.sluice.proxy.upstream..")
                .check(classes);
    }
}
