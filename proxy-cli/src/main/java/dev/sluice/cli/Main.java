package dev.sluice.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line; its commands are not here yet. */
@Command(name = "sluice", mixinStandardHelpOptions = true, version = "sluice 0.1.0-SNAPSHOT")
public final class Main implements Runnable {
    private Main() {}

    /** Runs the command and exits with its code. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }

    @Override
    public void run() {}
}
