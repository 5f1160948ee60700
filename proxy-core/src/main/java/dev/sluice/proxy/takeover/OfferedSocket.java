package dev.sluice.proxy.takeover;

import dev.sluice.proxy.listen.ListenSocket;

/**
 * A listening socket on its way from one process to the next.
 *
 * @param key what both know it by when its address does not tell: where the kernel chose the port, what was asked for instead; else empty
 */
public record OfferedSocket(ListenSocket socket, String key) {}
