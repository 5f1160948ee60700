package dev.sluice.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Commands do not know each other, what they share does not know them, and only the public parts of the proxy are used. */
class ArchitectureTest {
    private static final String[] COMMANDS = {"run", "demo", "doctor", "bench", "techniques"};
    private static final String[] SHARED = {"common", "log", "machine", "options", "text"};

    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.sluice.cli");

    @Test
    void noCycles() {
        slices().matching("dev.sluice.cli.(*)..").should().beFreeOfCycles().check(classes);
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
