package dev.sluice.cli.run;

import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.common.InternalErrors;
import dev.sluice.cli.file.ConfigFile;
import dev.sluice.cli.log.Events;
import dev.sluice.cli.log.Messages;
import dev.sluice.cli.text.OneLine;
import dev.sluice.cli.text.Units;
import dev.sluice.proxy.ApplyException;
import dev.sluice.proxy.BoundListener;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
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
    private final Function<ConfigFile, List<String>> onApplied;
    private final AtomicLong applied = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();

    /**
     * What came of it.
     *
     * @param lines that were said
     * @param warnings that were given besides
     */
    record Outcome(boolean done, List<String> lines, List<String> warnings) {
        private static Outcome refused(List<String> lines) {
            return new Outcome(false, lines, List.of());
        }
    }

    /**
     * @param file reads the file
     * @param onApplied is told of one that the service goes by from now on, and returns what it has warned of
     */
    Reloader(
            Service service,
            Messages messages,
            Map<String, String> environment,
            Supplier<ConfigFile> file,
            Function<ConfigFile, List<String>> onApplied) {
        this.service = service;
        this.messages = messages;
        this.environment = environment;
        this.file = file;
        this.onApplied = onApplied;
    }

    @Override
    public void run() {
        var _ = reload();
    }

    /** How often a configuration was applied, or was not. */
    long count(boolean done) {
        return (done ? applied : refused).get();
    }

    /** Does it, one after the other. */
    synchronized Outcome reload() {
        Outcome outcome;
        try {
            outcome = readAndApply();
        } catch (RuntimeException | Error e) {
            outcome = Outcome.refused(List.of("not reloaded: " + InternalErrors.describe(e, environment)));
        }
        (outcome.done() ? applied : refused).incrementAndGet();
        outcome.lines().forEach(line -> messages.say(Events.Kind.RELOAD, line));
        return outcome;
    }

    private Outcome readAndApply() {
        ConfigFile read = file.get();
        String name = OneLine.of(read.name());
        if (!read.isValid()) {
            List<String> lines = new ArrayList<>(read.problems());
            lines.add("not reloaded: " + Units.counted(read.problemCount(), "problem") + " in " + name
                    + "; everything goes on as before");
            service.reopenLog(); // what moved it away does not care whether the configuration is valid
            return Outcome.refused(lines);
        }
        List<BoundListener> before = service.listeners();
        try {
            service.apply(read.config());
        } catch (ApplyException | CommandFailure e) {
            service.reopenLog();
            return Outcome.refused(List.of(OneLine.of("not reloaded: " + e.getMessage())));
        }
        List<String> warnings = onApplied.apply(read);
        return new Outcome(
                true,
                List.of(OneLine.of("reloaded " + name + ": " + read.config().words() + difference(before))),
                warnings);
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
