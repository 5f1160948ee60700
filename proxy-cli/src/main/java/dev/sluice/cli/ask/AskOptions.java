package dev.sluice.cli.ask;

import dev.sluice.cli.admin.Token;
import dev.sluice.cli.ask.client.AdminAddress;
import dev.sluice.cli.ask.client.AdminClient;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.options.Settings;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which proxy a command asks. */
@SuppressWarnings("NullAway.Init") // picocli sets the fields
public final class AskOptions {
    private static final String TOKEN_FILE = "--token-file";

    @Option(
            names = "--admin",
            paramLabel = "ADDRESS",
            order = 1,
            description = "The proxy's admin interface, as 'sluice run --admin' has it: 127.0.0.1:9901, [::1]:9901 or"
                    + " unix:/path. Default: SLUICE_ADMIN.")
    private @Nullable String admin;

    @Option(
            names = TOKEN_FILE,
            paramLabel = "FILE",
            order = 2,
            description = "The file with the token that it wants, if it does. Default: SLUICE_ADMIN_TOKEN_FILE.")
    private @Nullable String tokenFile;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /**
     * A client for that proxy.
     *
     * @throws ParameterException when there is no address, or none that could be one
     */
    public AdminClient client(Console console) {
        String variable = console.environment().getOrDefault(Settings.ADMIN.variable(), "");
        String text = admin != null ? admin : variable;
        if (text.isEmpty()) {
            throw new ParameterException(
                    command.commandLine(),
                    "which proxy? expected --admin 127.0.0.1:9901 or --admin unix:/path, as 'sluice run --admin' was given,"
                            + " or SLUICE_ADMIN");
        }
        String file = tokenFile != null
                ? tokenFile
                : console.environment().getOrDefault(Settings.ADMIN_TOKEN_FILE.variable(), "");
        try {
            return new AdminClient(new AdminAddress(text), Token.read(file), file);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    command.commandLine(),
                    (admin != null ? "--admin " : Settings.ADMIN.variable() + " ") + e.getMessage(),
                    e);
        }
    }
}
