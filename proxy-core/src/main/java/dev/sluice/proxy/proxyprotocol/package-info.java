/**
 * The PROXY protocol as it is written: what one end says first of whom it speaks for (haproxy.org, proxy-protocol.txt). Bytes only: who
 * sends them, and when, is another's business.
 */
@NullMarked
package dev.sluice.proxy.proxyprotocol;

import org.jspecify.annotations.NullMarked;
