package dev.sluice.cli.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The files of the page are those that are served, and keep to what the policy lets them do. */
class PageTest {
    private static final Path FOLDER = Path.of("src/main/resources/dev/sluice/cli/admin/page");
    private static final Pattern IMPORT = Pattern.compile("from '\\./([^']+)'");
    private static final int MOST_BYTES = 300 << 10;

    private static Set<String> own() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.map(file -> file.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @Test
    void everyFileIsServed() throws IOException {
        Set<String> served = new TreeSet<>(Page.FILES);
        served.removeIf(name -> name.startsWith("uPlot"));
        served.add("index.html");
        assertEquals(own(), served);
        assertEquals(200, Page.index().status());
    }

    @Test
    void everyImportIsThere() throws IOException {
        for (String name : own()) {
            Matcher imports = IMPORT.matcher(Files.readString(FOLDER.resolve(name)));
            while (imports.find()) {
                assertTrue(Page.FILES.contains(imports.group(1)), name + " imports " + imports.group(1));
            }
        }
    }

    @Test
    void textIsNeverMadeMarkup() throws IOException {
        for (String name : own()) {
            String text = Files.readString(FOLDER.resolve(name));
            for (String word : new String[] {
                "HTML(", "HTML =", "HTML=", "document.write", "eval(", "new Function", " style=\"", "://"
            }) {
                boolean isNamespace = word.equals("://") && name.equals("icon.svg");
                assertFalse(text.contains(word) && !isNamespace, name + ": " + word);
            }
        }
    }

    @Test
    void isSmall() throws IOException {
        long bytes = 0;
        for (String name : Page.FILES) {
            try (var in = Page.class.getResourceAsStream("page/" + name)) {
                assertTrue(in != null, name);
                bytes += new String(in.readAllBytes(), StandardCharsets.UTF_8).length();
            }
        }
        assertTrue(bytes < MOST_BYTES, bytes + " bytes");
    }
}
