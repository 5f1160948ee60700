package dev.sluice.cli.run;

import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.common.InternalErrors;
import dev.sluice.cli.file.ConfigFile;
import dev.sluice.cli.log.Messages;
import dev.sluice.cli.text.OneLine;
import dev.sluice.cli.text.Units;
import dev.sluice.proxy.ApplyException;
import dev.sluice.proxy.BoundListener;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Reads the configuration file again and has the service go over to it: whole or not at all, and one line says what came of it. It
 * blocks (names are looked up), and a signal to stop must not wait for that: so it is run by {@link OnRequest}.
 */
final class Reloader implements Runnable {
    private final Service service;
    private final Messages messages;
    private final Map<String, String> environment;
    private final Supplier<ConfigFile> file;

    /**
     * @param file reads the file
     */
    Reloader(Service service, Messages messages, Map<String, String> environment, Supplier<ConfigFile> file) {
        this.service = service;
        this.messages = messages;
        this.environment = environment;
        this.file = file;
    }

    @Override
    public void run() {
        try {
            reload();
        } catch (RuntimeException | Error e) {
            messages.say("not reloaded: " + InternalErrors.describe(e, environment));
        }
    }

    private void reload() {
        ConfigFile read = file.get();
        String name = OneLine.of(read.name());
        if (!read.isValid()) {
            read.problems().forEach(messages::say);
            messages.say("not reloaded: " + Units.counted(read.problemCount(), "problem") + " in " + name
                    + "; everything goes on as before");
            reopenLog();
            return;
        }
        List<BoundListener> before = service.listeners();
        try {
            service.apply(read.config());
        } catch (ApplyException | CommandFailure e) {
            messages.say(OneLine.of("not reloaded: " + e.getMessage()));
            reopenLog();
            return;
        }
        messages.say(OneLine.of("reloaded " + name + ": " + read.config().words() + difference(before)));
    }

    /** What moved the file of the log away does not care whether the configuration is valid. */
    private void reopenLog() {
        try {
            service.reopenLog();
        } catch (CommandFailure e) {
            messages.warn(OneLine.of(String.valueOf(e.getMessage())));
        }
    }

    private String difference(List<BoundListener> before) {
        List<BoundListener> now = service.listeners();
        return addresses("; now also on ", now, before) + addresses("; no more on ", before, now);
    }

    /** Those of the first that are not in the second. */
    private static String addresses(String words, List<BoundListener> these, List<BoundListener> others) {
        String addresses = these.stream()
                .map(BoundListener::address)
                .filter(address -> others.stream().noneMatch(o -> o.address().equals(address)))
                .map(Object::toString)
                .collect(Collectors.joining(", "));
        return addresses.isEmpty() ? "" : words + addresses;
    }
}
