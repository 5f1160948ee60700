package dev.sluice.linux;

/** For {@link PlatformTest}: a program that opens a kernel, 0, or says in one line why it cannot, 1. */
public final class OpenKernel {
    private OpenKernel() {}

    public static void main(String[] args) {
        try (LinuxKernel kernel = LinuxKernel.open()) {
            Errno.check(kernel.close(Errno.check(kernel.eventfd(), "eventfd")), "close");
        } catch (UnsupportedPlatformException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }
}
