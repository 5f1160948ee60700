package dev.sluice.cli.file;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.cli.file.section.FileSection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The page of all keys, docs/configuration.md, is what the table says. with WRITE_PAGES=true in the environment it is written anew; what
 * stands above its first table is written by hand.
 */
class KeysPageTest {
    private static final Path PAGE = Path.of("../docs/configuration.md");
    private static final String FIRST = "## The file\n";

    @Test
    void thePageIsWhatTheTableSays() throws IOException {
        String page = Files.readString(PAGE);
        String head = page.substring(0, page.indexOf(FIRST));
        StringBuilder tables = new StringBuilder(head).append(FIRST).append('\n');
        table(tables, new FileSection());
        sections(tables, "", new FileSection());
        if ("true".equals(System.getenv("WRITE_PAGES"))) {
            Files.writeString(PAGE, tables);
        }
        assertEquals(tables.toString(), Files.readString(PAGE));
    }

    private static void sections(StringBuilder out, String way, Section<?> section) {
        for (Key<?> key : section.keys()) {
            Section<?> inner = section(key.shape());
            if (inner != null) {
                String name = way + key.name();
                out.append("\n## `").append(name).append("`\n\n");
                out.append(key.help()).append(of(key.shape())).append("\n\n");
                table(out, inner);
                sections(out, name + ".", inner);
            }
        }
    }

    private static String of(Shape<?> shape) {
        return switch (shape) {
            case Shape.Many<?> many -> " A list; each of its items:" + of(many.item());
            case Shape.Map<?> map
            when map.only() != null -> " `" + map.only().name() + "` alone may stand for the map.";
            default -> "";
        };
    }

    private static @Nullable Section<?> section(Shape<?> shape) {
        return switch (shape) {
            case Shape.Map<?> map -> map.section();
            case Shape.Either<?> either -> either.map().section();
            case Shape.Many<?> many -> section(many.item());
            default -> null;
        };
    }

    private static void table(StringBuilder out, Section<?> section) {
        out.append("| key | value | default | |\n|---|---|---|---|\n");
        for (Key<?> key : section.keys()) {
            boolean required = key.presence() instanceof Key.Presence.Required<?>;
            String standard = required ? "**required**" : key.standardText() == null ? "" : key.standardText();
            out.append("| `").append(key.name()).append("` | ");
            out.append(section(key.shape()) == null ? KeyText.range(key.shape()) : "see below");
            out.append(" | ").append(standard).append(" | ").append(key.help()).append(" |\n");
        }
    }
}
