package dev.sluice.tests.operation;

import dev.sluice.tests.testkit.Daemon;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import redis.embedded.core.ExecutableProvider;

/** The Redis server that the tests bring with them. */
final class Redis {
    private Redis() {}

    /** Starts one without any data, and waits until it accepts connections. */
    static Daemon start(Path folder, InetSocketAddress address, String... options) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(
                ExecutableProvider.newJarResourceProvider(folder.toFile()).get().toString());
        command.addAll(List.of("--bind", address.getHostString(), "--port", String.valueOf(address.getPort())));
        command.addAll(List.of("--save", "", "--dir", folder.toString()));
        command.addAll(List.of(options));
        return Daemon.start(folder, address, command);
    }
}
