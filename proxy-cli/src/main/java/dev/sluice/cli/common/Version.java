package dev.sluice.cli.common;

import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says. */
public final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        String architecture = System.getProperty("os.arch");
        return new String[] {
            "sluice " + number() + " (JDK " + System.getProperty("java.version") + ", "
                    + System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                    + (architecture.equals("amd64") ? "x86-64" : architecture) + ")"
        };
    }

    /** The version of this build; classes that are in no jar have none. */
    public static String number() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "(unpackaged)" : version;
    }
}
