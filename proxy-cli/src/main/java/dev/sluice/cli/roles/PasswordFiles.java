package dev.sluice.cli.roles;

import dev.sluice.proxy.config.HealthConfig;
import dev.sluice.proxy.config.ProxyConfig;
import dev.sluice.proxy.config.RoleCheck;
import dev.sluice.proxy.config.UpstreamConfig;
import dev.sluice.proxy.roles.PasswordFile;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** The files with passwords that a configuration names. */
public final class PasswordFiles {
    private PasswordFiles() {}

    /** What an operator should know of them, a line for each at most. */
    public static List<String> worries(ProxyConfig config) {
        Set<Path> files = new LinkedHashSet<>();
        for (UpstreamConfig upstream : config.upstreams()) {
            HealthConfig check = upstream.health().check();
            if (check != null && check.check() instanceof RoleCheck role && role.passwordFile() != null) {
                files.add(role.passwordFile());
            }
        }
        return files.stream().map(PasswordFile::worry).filter(Objects::nonNull).toList();
    }
}
