package dev.sluice.proxy.config;

/** Which version of the PROXY protocol a connection begins with (haproxy.org, proxy-protocol.txt). */
public enum ProxyHeader {
    /** None: it begins as the client has it. */
    NONE,
    /** A line of text. */
    V1,
    /** Binary. */
    V2
}
