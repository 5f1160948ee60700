package dev.sluice.linux;

import java.lang.foreign.MemorySegment;

/** Whether this process can make Linux system calls at all. A Java below 22 is not asked about: it cannot load this class. */
final class Platform {
    private Platform() {}

    /** @throws UnsupportedPlatformException when it cannot, with the remedy */
    static void check() {
        check(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
        probeNativeAccess();
    }

    static void check(String system, String architecture) {
        if (!system.equals("Linux")) {
            throw new UnsupportedPlatformException("Linux is required, this is " + system);
        }
        if (!architecture.equals("amd64") && !architecture.equals("aarch64")) {
            throw new UnsupportedPlatformException("an x86-64 or aarch64 JVM is required, this one is " + architecture);
        }
    }

    /** Makes the cheapest call that needs native access, so that a refusal is met here and not in a class initialiser. */
    @SuppressWarnings("restricted")
    private static void probeNativeAccess() {
        try {
            MemorySegment.NULL.reinterpret(0);
        } catch (IllegalCallerException denied) {
            Module module = Platform.class.getModule();
            String name = module.isNamed() ? module.getName() : "ALL-UNNAMED";
            throw new UnsupportedPlatformException(
                    "this JVM denies native access: start java with --enable-native-access=" + name, denied);
        }
    }
}
