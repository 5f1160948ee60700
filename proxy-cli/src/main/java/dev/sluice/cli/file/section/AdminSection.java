package dev.sluice.cli.file.section;

import dev.sluice.cli.file.Key;
import dev.sluice.cli.file.Section;
import dev.sluice.cli.file.Shape;
import dev.sluice.cli.file.Values;
import dev.sluice.cli.options.AdminConfig;
import dev.sluice.cli.options.Settings;
import dev.sluice.cli.options.Words;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code admin}: an address alone, or a map. */
final class AdminSection extends Section<AdminConfig> {
    private static final int MAX_HOST = 260;

    private final Key<String> bind = global("bind", Settings.ADMIN, Settings.ADMIN.help());

    private final Key<String> tokenFile =
            global("token-file", Settings.ADMIN_TOKEN_FILE, Settings.ADMIN_TOKEN_FILE.help());

    private final Key<List<String>> hosts = optional(
            "hosts",
            new Shape.Many<>(new Shape.One<>(new Words.OfText(MAX_HOST)), 1, true),
            "localhost and the address that it is bound to",
            "Further names, with their ports, that requests may be for (Host header); others are turned away.");

    private final Key<Boolean> jmx = key(
            "jmx",
            new Words.OfBoolean(),
            false,
            "Metrics as MBeans of the JVM, too, below the domain sluice. Who may connect to the JVM is said by options of its own"
                    + " (com.sun.management.jmxremote).");

    static Shape<AdminConfig> shape() {
        AdminSection section = new AdminSection();
        return new Shape.Map<>(section, section.bind);
    }

    @Override
    protected AdminConfig build(Values values) {
        @Nullable List<String> more = values.find(hosts);
        try {
            return new AdminConfig(
                    values.get(bind), values.get(tokenFile), more == null ? List.of() : more, values.get(jmx));
        } catch (IllegalArgumentException e) {
            throw values.wrong(bind, "is open to everyone: " + e.getMessage());
        }
    }
}
