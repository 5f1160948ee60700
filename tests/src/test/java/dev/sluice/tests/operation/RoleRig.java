package dev.sluice.tests.operation;

import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.sluice.tests.testkit.SluiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A proxy with an upstream of primaries and one of replicas, whose checks log in with a password. */
final class RoleRig implements AutoCloseable {
    static final String USER = "sluice_check";
    static final String PASSWORD = "correct-horse";

    private final Path folder;
    private final Path passwordFile;
    private final SluiceProcess sluice;

    /**
     * @param check of both upstreams, without the role and the password
     * @param servers their endpoints
     */
    RoleRig(Path folder, String check, List<String> servers) throws IOException {
        this(folder, check, PASSWORD, servers);
    }

    RoleRig(Path folder, String check, String password, List<String> servers) throws IOException {
        this.folder = folder;
        this.passwordFile = passwordFile(folder, password);
        this.sluice = SluiceProcess.run("-c", config(check, servers).toString());
    }

    /** A file that only its owner may read. */
    static Path passwordFile(Path folder, String password) throws IOException {
        Path file = Files.writeString(folder.resolve("password"), password + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file;
    }

    private Path config(String check, List<String> servers) throws IOException {
        String endpoints = servers.stream().map(server -> '"' + server + '"').collect(Collectors.joining(", "));
        String common =
                "%s, password-file: %s, interval: 200ms, timeout: 3s, rise: 1, fall: 2".formatted(check, passwordFile);
        return Files.writeString(folder.resolve("sluice.yaml"), """
                threads: 1
                drain-timeout: 1s
                listeners:
                  - {name: primary, bind: "127.0.0.1:0", upstream: primary}
                  - {name: replicas, bind: "127.0.0.1:0", upstream: replicas}
                upstreams:
                  - name: primary
                    endpoints: [%s]
                    health: {%s, role: primary}
                    at-most: 1
                    when-down: {hold: 20s}
                    on-down: close
                  - name: replicas
                    endpoints: [%s]
                    health: {%s, role: replica, max-lag: 2s}
                """.formatted(endpoints, common, endpoints, common));
    }

    SluiceProcess sluice() {
        return sluice;
    }

    Path passwordFile() {
        return passwordFile;
    }

    /** Changes of an endpoint so far: what it is, and why. */
    private Stream<String> told(String endpoint) {
        String begin = "sluice: endpoint " + endpoint + " is ";
        return sluice.stderr().stream()
                .filter(line -> line.startsWith(begin))
                .map(line -> line.substring(begin.length()));
    }

    /** How many changes of an endpoint there have been. */
    int changes(String endpoint) {
        return (int) told(endpoint).count();
    }

    /** Waits for a change of an endpoint to this, which also has these words. */
    String await(String endpoint, String state, String words) {
        return await(endpoint, 0, state, words);
    }

    /** The same behind so many changes. */
    String await(String endpoint, int behind, String state, String words) {
        sluice.awaitStderr(
                endpoint + " " + state + ": " + words,
                any -> told(endpoint)
                        .skip(behind)
                        .anyMatch(change -> change.startsWith(state) && change.contains(words)));
        return told(endpoint)
                .skip(behind)
                .filter(change -> change.contains(words))
                .findFirst()
                .orElseThrow();
    }

    @Override
    public void close() {
        try (sluice) {
            int code = sluice.terminate();
            String all = sluice.toString();
            assertFalse(code != 0 || all.contains(PASSWORD), all);
        }
    }
}
