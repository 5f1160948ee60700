package dev.sluice.proxy.relay;

/**
 * A kernel pipe.
 *
 * @param readEnd descriptor to splice out of
 * @param writeEnd descriptor to splice into
 * @param slots page fragments that it holds; a pipe is full when its slots are, whatever the bytes in them
 */
record Pipe(int readEnd, int writeEnd, int slots) {}
