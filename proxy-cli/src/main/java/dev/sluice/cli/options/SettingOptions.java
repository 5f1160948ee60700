package dev.sluice.cli.options;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Settings as options of a command. The command's spec keeps the values that were given, by option or by variable. */
public final class SettingOptions {
    private SettingOptions() {}

    /**
     * Adds an option for each setting, in this order.
     *
     * @param order of the first one among the options of the command
     */
    public static void add(CommandSpec command, int order, List<Setting<?>> settings) {
        for (int i = 0; i < settings.size(); i++) {
            add(command, order + i, settings.get(i), settings.get(i).help());
        }
    }

    /**
     * Adds an option for a setting.
     *
     * @param description what it means to this command; range and default are put behind it
     */
    public static void add(CommandSpec command, int order, Setting<?> setting, String description) {
        command.addOption(option(setting)
                .order(order)
                .description(setting.describe(description))
                .build());
    }

    /** Adds an option for each setting that the command takes and its help does not show. */
    public static void addHidden(CommandSpec command, List<Setting<?>> settings) {
        for (Setting<?> setting : settings) {
            command.addOption(option(setting).hidden(true).build());
        }
    }

    private static OptionSpec.Builder option(Setting<?> setting) {
        return OptionSpec.builder(setting.option())
                .arity("1")
                .type(setting.kind().type())
                .converters(new KindConverter<>(setting.kind()))
                .paramLabel(setting.kind().label());
    }

    /** The value that was given to a setting of the command, null if none was. */
    public static <T> @Nullable T given(CommandSpec command, Setting<T> setting) {
        return setting.kind().type().cast(command.findOption(setting.option()).getValue());
    }

    /** The value of a setting of the command, given or not. */
    public static <T> T value(CommandSpec command, Setting<T> setting) {
        T given = given(command, setting);
        return given == null ? setting.standard() : given;
    }
}
