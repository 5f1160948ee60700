package dev.sluice.cli.check;

import dev.sluice.cli.admin.Token;
import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.log.AccessLogConfig;
import dev.sluice.cli.log.LogFormat;
import dev.sluice.cli.options.ServiceConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is wrong on this machine with files that a configuration names, and a start would fail or warn of. They may be right where it is used,
 * so none of it makes the configuration wrong.
 */
final class FileWorries {
    private FileWorries() {}

    /** A line for each. */
    static List<String> of(ServiceConfig config) {
        List<String> all = new ArrayList<>();
        AccessLogConfig log = config.accessLog();
        Path file = log.format() == LogFormat.OFF ? null : log.file();
        String problem = file == null ? null : ofLog(file);
        if (problem != null) {
            all.add("the access log's file " + file + " cannot be written: " + problem);
        }
        try {
            var _ = Token.read(config.admin().tokenFile());
        } catch (CommandFailure e) {
            all.add(String.valueOf(e.getMessage()));
        }
        String worry = config.admin().worry(config.takeoverSocket());
        if (worry != null) {
            all.add(worry);
        }
        return all;
    }

    private static @Nullable String ofLog(Path file) {
        if (Files.isDirectory(file)) {
            return "it is a folder";
        } else if (Files.exists(file)) {
            return Files.isWritable(file) ? null : "this user may not write to it";
        }
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            return "its folder does not exist";
        }
        return Files.isWritable(folder) ? null : "this user may not write to its folder";
    }
}
