/** Linux system calls through the Foreign Function and Memory API. Knows nothing of proxies, and needs nothing but the JDK. */
module dev.sluice.linux {
    requires static transitive org.jspecify;

    exports dev.sluice.linux;
}
