package dev.sluice.cli;

import java.lang.reflect.InvocationTargetException;

/**
 * The class that the JVM starts. It is compiled to Java 8 bytecode and names no other class of the program, so that a JVM that is
 * too old can say so in words instead of failing with an {@code UnsupportedClassVersionError}.
 */
public final class Entry {
    private static final int OLDEST = 22;
    private static final int USAGE = 2;

    private Entry() {}

    /** Checks the JVM, then runs {@code Main}; exits with 2 on a JVM that cannot. */
    public static void main(String[] args) throws Throwable {
        if (feature(System.getProperty("java.specification.version")) < OLDEST) {
            System.err.println(
                    "sluice: needs JDK " + OLDEST + " or newer; this is " + System.getProperty("java.version") + " at "
                            + System.getProperty("java.home") + ". Set JAVA_HOME to a JDK " + OLDEST + "+.");
            System.exit(USAGE);
        }
        try {
            Class.forName("dev.sluice.cli.Main")
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) args);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** The feature release of a specification version: 8 of "1.8", 22 of "22". */
    private static int feature(String specification) {
        return Integer.parseInt(specification.startsWith("1.") ? specification.substring(2) : specification);
    }
}
