package dev.sluice.cli.bench.load;

import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Exit;
import dev.sluice.cli.common.Version;
import dev.sluice.linux.Address;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.LinuxKernel;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code sluice bench server}: the other end of the traffic, started by {@code sluice bench} itself or by hand on another host. */
@Command(
        name = "server",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "The other end of the traffic of 'sluice bench --server HOST:PORT': source, sink and echo on one port.",
            "It answers whoever connects: not for networks that you do not trust."
        },
        footer = {"", "Runs until Ctrl-C or SIGTERM. Exit: 1 cannot start, 2 wrong usage."})
public final class ServerCommand implements Callable<Integer> {
    /** Which {@code sluice bench} waits for. */
    public static final String LISTENING = "serving bench traffic on ";

    private final Console console;

    @Option(
            names = "--listen",
            required = true,
            paramLabel = "ADDRESS",
            converter = Literal.class,
            description = "Where to listen: 10.0.0.2:7190, [::1]:7190, 0.0.0.0:7190. Port 0: any free one.")
    private Address listen;

    @Option(names = "--until-eof", hidden = true, description = "Ends when standard input does.")
    private boolean untilEof;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields
    public ServerCommand(Console console) {
        this.console = console;
    }

    /** An IP address with its port; names would need a resolver for what is always an address of this very host. */
    static final class Literal implements ITypeConverter<Address> {
        @Override
        public Address convert(String text) {
            try {
                Address address = Address.parse(text);
                if (!(address instanceof Address.Unix)) {
                    return address;
                }
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(
                        "'" + text + "' is not an IP address with a port (such as 0.0.0.0:7190)");
            }
            throw new TypeConversionException("'" + text + "' is no TCP address");
        }
    }

    @Override
    public Integer call() {
        if (untilEof) {
            Thread.ofPlatform().daemon().name("end of input").start(ServerCommand::awaitEof);
        }
        try (Kernel kernel = LinuxKernel.open();
                LoadServer server = new LoadServer(kernel, listen)) {
            console.say(LISTENING + server.address());
            while (true) {
                server.turn();
            }
        } catch (KernelException e) {
            throw new CommandFailure("cannot serve on " + listen + ": " + e.getMessage());
        }
    }

    private static void awaitEof() {
        try {
            while (System.in.read() >= 0) {}
        } catch (IOException e) {
            // As if it had ended.
        }
        Runtime.getRuntime().halt(Exit.OK);
    }
}
