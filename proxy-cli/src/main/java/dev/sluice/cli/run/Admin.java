package dev.sluice.cli.run;

import dev.sluice.cli.admin.AdminInterface;
import dev.sluice.cli.common.StopSignals;
import dev.sluice.cli.file.ConfigFile;
import dev.sluice.cli.log.Messages;
import dev.sluice.cli.metrics.Metrics;
import dev.sluice.cli.options.Given;
import dev.sluice.cli.options.ServiceConfig;
import dev.sluice.cli.options.Settings;
import dev.sluice.cli.text.OneLine;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The admin interface of {@code run}. All that knows its classes is behind this one, so that none is loaded where none is configured. */
final class Admin implements AutoCloseable {
    private final AdminInterface served;
    private final ServiceConfig config;
    private final Given given;
    /** What the service goes by; null when it was started without a file. */
    private final AtomicReference<@Nullable ConfigFile> file;

    private Admin(AdminInterface served, ServiceConfig config, Given given, @Nullable ConfigFile file) {
        this.served = served;
        this.config = config;
        this.given = given;
        this.file = new AtomicReference<>(file);
    }

    /**
     * Binds it; only where one is configured.
     *
     * @param given the settings that were given beside the file, or without one
     * @param successor whether there may be a predecessor that still has it
     */
    static Admin bind(
            ServiceConfig config,
            Given given,
            @Nullable ConfigFile file,
            Messages messages,
            Map<String, String> environment,
            boolean successor) {
        AdminInterface bound = AdminInterface.bind(
                config.admin(), from(given.value(Settings.ADMIN), environment), messages, environment, successor);
        String worry = config.admin().worry(config.takeoverSocket());
        if (worry != null) {
            messages.warn(OneLine.of(worry));
        }
        return new Admin(bound, config, given, file);
    }

    private static String from(@Nullable String value, Map<String, String> environment) {
        if (value == null) {
            return "admin in the file";
        }
        String variable = Settings.ADMIN.variable();
        return value.equals(environment.get(variable)) ? variable : "--admin";
    }

    Metrics metrics() {
        return served.metrics();
    }

    /** Answers from now on. */
    void serve(Service service, StopSignals signals, @Nullable Reloader reloader) {
        served.serve(new AdminTarget(service, served.events(), signals, reloader, this::effective));
    }

    private Object effective() {
        ConfigFile now = file.get();
        return now == null ? EffectiveOptions.plain(config, given) : now.plain();
    }

    /** The service goes by another file; returns what there was to warn of. */
    List<String> applied(ConfigFile read) {
        file.set(read);
        return served.applied();
    }

    /** Listens no more: the place is the successor's. What is left here is served beside the takeover's socket. */
    void giveUp() {
        served.giveUp();
        served.standAside(Predecessors.place(
                config.takeoverSocket(), ProcessHandle.current().pid()));
    }

    @Override
    public void close() {
        served.close();
    }
}
